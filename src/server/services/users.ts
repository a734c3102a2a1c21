import type { Service } from './service.ts'

/** `users`: the names of all known users, sorted. */
export const users: Service = (call, desk) => call.ok({ users: desk.users() })
