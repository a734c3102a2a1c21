/** ZeroMQ sockets behind the network's ports. */
export { type Forwarder, type ForwarderOptions, openForwarder } from './forwarder.ts'
export { letGo } from './let-go.ts'
export type { BindOptions } from './options.ts'
export { openDealer, openPublisher, openRouter, openSubscriber } from './sockets.ts'
