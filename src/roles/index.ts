import type { ConfigOf, Role } from '../config/index.ts'
import type { StartRole } from './types.ts'

export type { RoleContext, RunningRole, StartRole } from './types.ts'

export type RoleLoaders = { readonly [R in Role]: () => Promise<{ readonly start: StartRole<ConfigOf<R>> }> }

/** Each role's door, loaded only in the process that plays it: a proxy needs no store. */
export const ROLES: RoleLoaders = {
  broker: () => import('./broker.ts'),
  proxy: () => import('./proxy.ts'),
  ref: () => import('./ref.ts'),
  server: () => import('./server.ts'),
  client: () => import('./client.ts'),
  operator: () => import('./operator.ts'),
}
