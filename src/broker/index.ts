/** Requests to live servers, replies back. */
export { Broker } from './broker.ts'
export type { BrokerOptions } from './options.ts'
