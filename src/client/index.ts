/** The client library: the package's public door. */
export { type ErrorCode, type OperationName, type Publication, RecadoError } from '../wire/index.ts'
export { Bot, type BotOptions } from './bot/index.ts'
export {
  type Acks,
  type ChannelOptions,
  Client,
  type ClientOptions,
  type HistoryOptions,
  type HistoryPage,
  type LoginOptions,
  type SendOptions,
  type SubscribeOptions,
  type Topic,
} from './client.ts'
export { type ConnectOptions, connect } from './connect.ts'
export type { MergeCounts } from './merge.ts'
export type { RequestOptions } from './requests.ts'
export { Received, Subscription } from './subscription.ts'
