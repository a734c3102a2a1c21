/** Publications to subscribers. */
export { Proxy } from './proxy.ts'
