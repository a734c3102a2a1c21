/** A server's core: accepts, orders, acknowledges, answers. */

export type { Level } from './acknowledgements.ts'
export type { UserOptions } from './logins.ts'
export { Server, type ServerOptions } from './server.ts'
export { startClock, takeIncarnation } from './start.ts'
