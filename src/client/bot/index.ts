/** The automatic client. */
export { Bot, type BotOptions } from './bot.ts'
