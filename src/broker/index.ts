/** Requests to live servers, replies back. */
export { Broker, type BrokerOptions } from './broker.ts'
