import type { Service } from './service.ts'

/** `channels`: the names of all channels, sorted. */
export const channels: Service = (call, desk) => call.ok({ channels: desk.channels(call.user) })
