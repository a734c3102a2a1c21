/** ZeroMQ sockets behind the network's ports. */
export { type Forwarder, type ForwarderOptions, openForwarder } from './forwarder.ts'
export { type BindOptions, openDealer, openPublisher, openRouter, openSubscriber } from './sockets.ts'
