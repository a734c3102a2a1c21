/** Publications to subscribers. */

export { Proxy } from './proxy.ts'
export { type Decision, Subscriptions } from './subscriptions.ts'
