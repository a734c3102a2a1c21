import {
  decodeBatch,
  parseBackendHead,
  parseHeartbeat,
  parseMembersReport,
  parsePeerMessage,
  parsePublications,
  parseRequests,
  REPLICA_TOPIC,
  SERVERS_TOPIC,
} from '../../src/wire/index.ts'
import { FOREIGN_CLUSTER, OWN_CLUSTER, type PortKind } from './samples.ts'

/**
 * Whether these frames are well-formed, name the attacked cluster and are acted upon: a registration, a heartbeat, a
 * report, a head, a batch, a publication. Who may write to the servers' ports is believed in open mode, so that such a
 * one may do harm (a stranger's heartbeat with a higher epoch is a new list of voters), and is no fault that this test
 * looks for. What is only answered or ignored is none: a fetch, a poll of the time, an echo.
 */
export function isForgery(kind: PortKind, frames: readonly Uint8Array[]): boolean {
  switch (kind) {
    // Each frame is looked at, for the ways that change the frames change which of them is the head.
    case 'servers':
      return frames.some(isRegistration)
    case 'ref':
      return frames.some(isReport)
    case 'peers':
      return frames.some((frame) => isWord(frame, frames))
    case 'publishers':
      return isPublished(frames)
    default:
      return false
  }
}

/** The same as another cluster's, byte for byte otherwise. */
export function ofAnother(frames: readonly Uint8Array[]): Uint8Array[] {
  return frames.map((frame) => {
    const bytes = Buffer.from(frame)
    for (let at = bytes.indexOf(OWN_CLUSTER); at !== -1; at = bytes.indexOf(OWN_CLUSTER)) {
      bytes.write(FOREIGN_CLUSTER, at)
    }
    return bytes
  })
}

function isRegistration(frame: Uint8Array): boolean {
  return holds(() => {
    const head = parseBackendHead(frame)
    return head.kind === 'ready' && head.cluster === OWN_CLUSTER
  })
}

function isReport(body: Uint8Array): boolean {
  return parseRequests(body).requests.some((request) => {
    if ('error' in request || request.data['cluster'] !== OWN_CLUSTER) return false
    const { service, data } = request
    if (service === 'heartbeat') return holds(() => parseHeartbeat(data))
    return service === 'members' && holds(() => parseMembersReport(data))
  })
}

/** A head that the peers take in, or batches of which one at least is taken before another is refused. */
function isWord(frame: Uint8Array, frames: readonly Uint8Array[]): boolean {
  return holds(() => {
    const message = parsePeerMessage(frame)
    if (message.cluster !== OWN_CLUSTER) return false
    if (message.kind !== 'batches') return message.kind === 'head'
    return frames.some((body) => {
      let start = 0
      return message.lengths.some((length) => {
        start += length
        return holds(() => decodeBatch(body.subarray(start - length, start)))
      })
    })
  })
}

function isPublished(frames: readonly Uint8Array[]): boolean {
  if (frames.length !== 2) return false
  const [topic, body] = frames as [Uint8Array, Uint8Array]
  const name = Buffer.from(topic).toString('latin1')
  if (name === SERVERS_TOPIC) return false
  // Of a publication nobody can tell whose it is.
  if (name !== REPLICA_TOPIC) return holds(() => parsePublications(body))
  return holds(() => {
    const message = parsePeerMessage(body)
    if (message.kind !== 'batch' || message.cluster !== OWN_CLUSTER) return false
    return decodeBatch(message.batch)
  })
}

/** Whether this neither throws nor says no. */
function holds(look: () => unknown): boolean {
  try {
    return look() !== false
  } catch {
    return false
  }
}
