/** The objects that a cluster is made of: one pure builder for each. */
export { clientAddresses } from './addresses.ts'
export { renderedHash, wasApplied, withAppliedHash } from './applied-hash.ts'
export { children } from './children.ts'
export type { Builder, Child, RenderContext } from './context.ts'
export { PORTS, type PortName } from './ports.ts'
export { canonicalQuantity } from './quantity.ts'
export { DATA_VOLUME } from './server-set.ts'
