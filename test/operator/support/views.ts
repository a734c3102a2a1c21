import type { RefView } from '../../../src/operator/membership/index.ts'
import { serverName } from '../../../src/operator/names.ts'
import type { ServerEntry } from '../../../src/wire/index.ts'

/** A ref's entry for the server of an ordinal: up and voting unless told otherwise. */
export function entry(ordinal: number, rest: Partial<ServerEntry> = {}): ServerEntry {
  const name = serverName('chat', ordinal)
  return { name, rank: ordinal + 1, address: '', state: 'up', voter: true, lag: 0, drained: false, ...rest }
}

/** What ref said after it was told that so many servers are wanted. */
export function view(servers: readonly ServerEntry[], wanted: number, rest: Partial<RefView> = {}): RefView {
  const names = Array.from({ length: wanted }, (_, ordinal) => serverName('chat', ordinal))
  const pods = servers.map(({ name }) => {
    return { name, role: 'server', uid: `uid-${name}`, ip: '10.0.0.1', ready: true, terminating: false }
  })
  return { servers, coordinator: 'chat-server-0', epoch: 1, at: 0, report: { wanted: names, pods }, ...rest }
}

export function entries(count: number): ServerEntry[] {
  return Array.from({ length: count }, (_, ordinal) => entry(ordinal))
}
