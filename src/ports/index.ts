/** The ports through which the cores meet the world: interfaces, which src/adapters implements, and what all of their users need. */
export { BoundedWarnings, WarningsByReason } from './bounded-warnings.ts'
export type { Chance } from './chance.ts'
export type { Credentials } from './credentials.ts'
export type { Files } from './files.ts'
export type { Journal, JournalRecords } from './journal.ts'
export type { KeyValue, KeyValueChange } from './key-value.ts'
export type { Guard, KeyPair, KeyRole, Pass } from './keys.ts'
export { KEY_ROLES } from './keys.ts'
export type { KubeRequest, KubeResponse, KubeTransport, StreamHandlers } from './kube-transport.ts'
export type {
  DeleteOptions,
  EventRecorder,
  KubeApi,
  KubeCache,
  KubeEvent,
  KubeObject,
  ObjectKey,
  ObjectMeta,
  OwnerReference,
  ResourceKind,
} from './kubernetes.ts'
export { KubeError } from './kubernetes.ts'
export type { Fields, Log } from './log.ts'
export type { MetricName, Metrics } from './metrics.ts'
export { METRICS } from './metrics.ts'
export type { Dealer, Publisher, Router, Subscriber } from './network.ts'
export { Ticker, type TickerOptions } from './ticker.ts'
export type { Cancel, Time, Timers } from './time.ts'
