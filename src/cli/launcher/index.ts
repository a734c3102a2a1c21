/** Starts, watches and stops a whole system on one machine: for people by `npm start`, and for tests. */
export { checkFolder, checkPorts } from './checks.ts'
export type { Child, ChildEvents } from './child.ts'
export { type LaunchOptions, launch } from './launch.ts'
export { COMPILE_CACHE, ROLE_ENVIRONMENT, ROLE_OPTIONS } from './node-options.ts'
export {
  PORT_BASE,
  type Ports,
  planSystem,
  portsFrom,
  type SystemOptions,
  type SystemPlan,
} from './plan.ts'
export { RunningSystem } from './system.ts'
