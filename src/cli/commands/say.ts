import { type Command, Option } from 'commander'
import type { SendOptions } from '../../client/index.ts'
import { type Context, messageOf, userOf, withClient } from '../context.ts'
import { writeResult } from '../output.ts'

/** Commands that say something. */
export function addSay(program: Command, contextOf: (command: Command) => Context): void {
  const acks = (): Option =>
    new Option('--acks <level>', 'on whose disks it must be before it counts').choices([
      'one',
      'quorum',
      'all',
    ])
  const say = async (
    kind: 'publish' | 'message',
    where: string,
    text: string,
    command: Command,
  ): Promise<void> => {
    const context = contextOf(command)
    const message = await messageOf(text, context)
    await withClient(context, async (client) => {
      await client.login(userOf(command), { signal: context.signal })
      const options: SendOptions = { acks: command.opts<SendOptions>().acks, signal: context.signal }
      const operation = await client[kind](where, message, options)
      const { clock, origin, incarnation, seq } = operation
      writeResult(context.output, `Sent: ${origin}/${incarnation} ${seq}, clock ${clock}`, { operation })
    })
  }
  program
    .command('publish <channel> <message>')
    .description('say something to a channel; "-" reads it from standard input')
    .addOption(acks())
    .action((channel: string, text: string, _: unknown, command: Command) =>
      say('publish', channel, text, command),
    )
  program
    .command('message <to> <message>')
    .description('say something to one user; "-" reads it from standard input')
    .addOption(acks())
    .action((to: string, text: string, _: unknown, command: Command) => say('message', to, text, command))
}
