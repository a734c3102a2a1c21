/** The ports through which the cores meet the world. Interfaces only; src/adapters implements them. */
export type { Chance } from './chance.ts'
export type { Files } from './files.ts'
export type { KeyValue, KeyValueChange } from './key-value.ts'
export type { Fields, Log } from './log.ts'
export type { MetricName, Metrics } from './metrics.ts'
export { METRICS } from './metrics.ts'
export type { Dealer, Publisher, Router, Subscriber } from './network.ts'
export type { Cancel, Time, Timers } from './time.ts'
