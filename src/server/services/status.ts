import type { Service } from './service.ts'

/** `status`: this server's view of itself and of the others. */
export const status: Service = (call, desk) => call.ok(desk.status())
