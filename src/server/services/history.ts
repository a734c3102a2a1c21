import type { Service } from './service.ts'

/** `history` {channel | user, with?, after?, limit?, seen?}: a page of messages in the order. */
export const history: Service = (call, desk) => desk.history(call)
