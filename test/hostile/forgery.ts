import {
  decodeBatch,
  parsePeerMessage,
  parsePublications,
  REPLICA_TOPIC,
  SERVERS_TOPIC,
} from '../../src/wire/index.ts'
import type { PortKind } from './samples.ts'

/**
 * Whether these frames are a well-formed publication or batch, which says of itself that it is a server's: who may
 * write to the servers' ports is believed in this version.
 */
export function isForgery(kind: PortKind, frames: readonly Uint8Array[]): boolean {
  if (kind !== 'publishers' || frames.length !== 2) return false
  const [topic, body] = frames as [Uint8Array, Uint8Array]
  const name = Buffer.from(topic).toString('latin1')
  if (name === REPLICA_TOPIC) {
    return parses(() => {
      const message = parsePeerMessage(body)
      if (message.kind === 'batch') decodeBatch(message.batch)
    })
  }
  if (name === SERVERS_TOPIC) return false
  return parses(() => parsePublications(body))
}

function parses(parse: () => unknown): boolean {
  try {
    parse()
    return true
  } catch {
    return false
  }
}
