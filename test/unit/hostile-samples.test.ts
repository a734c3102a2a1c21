import { describe, expect, it } from 'vitest'
import {
  parseBackendHead,
  parseHeartbeat,
  parseMembersReport,
  parsePeerMessage,
  parsePublications,
  parseRequests,
  REPLICA_TOPIC,
  SERVERS_TOPIC,
} from '../../src/wire/index.ts'
import { Mutator, WAYS } from '../hostile/mutation.ts'
import { type PortKind, SAMPLES } from '../hostile/samples.ts'
import { seededChance } from '../support/virtual-time.ts'

/** Reads a message as its port would; throws where that refuses it. */
const READERS: Readonly<Record<PortKind, (frames: readonly Uint8Array[]) => void>> = {
  clients: ([, body = new Uint8Array()]) => readRequests(body),
  ref([, body = new Uint8Array()]) {
    for (const { service, data } of readRequests(body)) {
      if (service === 'heartbeat') parseHeartbeat(data)
      if (service === 'members') parseMembersReport(data)
    }
  },
  servers: ([head = new Uint8Array()]) => parseBackendHead(head),
  peers: ([head = new Uint8Array()]) => parsePeerMessage(head),
  publishers([topic, body = new Uint8Array()]) {
    const name = String(topic)
    if (name === REPLICA_TOPIC || name === SERVERS_TOPIC) parsePeerMessage(body)
    else parsePublications(body)
  },
  subscribers() {},
}

function readRequests(body: Uint8Array) {
  return parseRequests(body).requests.map((request) => {
    if ('error' in request) throw request.error
    return request
  })
}

describe('the samples of hostile input', () => {
  it.each(Object.keys(SAMPLES) as PortKind[])('are valid before they are changed: %s', (kind) => {
    const mutator = new Mutator(seededChance(1))
    for (const { parts } of SAMPLES[kind]) {
      expect(() => READERS[kind](mutator.message(parts, 'none'))).not.toThrow()
    }
  })

  it('hold every kind of message that processes send', () => {
    const names = Object.values(SAMPLES).flatMap((samples) => samples.map(({ name }) => name))
    const services = [
      'login',
      'users',
      'channel',
      'channels',
      'publish',
      'message',
      'history',
      'status',
      'batch',
    ]
    const reference = ['rank', 'list', 'heartbeat', 'members']
    const backend = ['ready', 'beat', 'requests', 'replies', 'bye', 'refused']
    const peers = ['head', 'head whole', 'fetch', 'batches', 'time-poll', 'time-answer', 'time-correction']
    const topics = ['echo', 'coordinator', 'publications', 'user', 'subscribe', 'unsubscribe']
    expect(names).toEqual(
      expect.arrayContaining([...services, ...reference, ...backend, ...peers, ...topics]),
    )
  })

  it.each(WAYS)('are the same bytes from the same seed: %s', (way) => {
    const [first, again] = [1, 2].map(() => {
      const mutator = new Mutator(seededChance(7))
      return Object.values(SAMPLES).flatMap((samples) =>
        samples.map(({ parts }) => mutator.message(parts, way)),
      )
    })
    expect(first).toEqual(again)
  })
})
