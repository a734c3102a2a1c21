import { describe, expect, it } from 'vitest'
import { SERVICES } from '../../src/server/services/index.ts'
import {
  decodeBatch,
  parseBackendHead,
  parseHeartbeat,
  parseMembersReport,
  parsePeerMessage,
  parsePublications,
  parseRequests,
  REPLICA_TOPIC,
  RecadoError,
  SERVERS_TOPIC,
  splitBodies,
} from '../../src/wire/index.ts'
import { messageFor } from '../hostile/attack.ts'
import { isForgery, ofAnother } from '../hostile/forgery.ts'
import { Mutator, WAYS } from '../hostile/mutation.ts'
import { OWN_CLUSTER, type PortKind, SAMPLES } from '../hostile/samples.ts'
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
  servers([frame = new Uint8Array(), bodies]) {
    const head = parseBackendHead(frame)
    if ('lengths' in head) splitBodies(bodies, head.lengths)
  },
  peers([head = new Uint8Array(), body = new Uint8Array()]) {
    const message = parsePeerMessage(head)
    if (message.kind !== 'batches') return
    let start = 0
    for (const length of message.lengths) {
      decodeBatch(body.subarray(start, start + length))
      start += length
    }
  },
  publishers([topic, body = new Uint8Array()]) {
    const name = String(topic)
    if (name !== REPLICA_TOPIC && name !== SERVERS_TOPIC) return void parsePublications(body)
    const message = parsePeerMessage(body)
    if (message.kind === 'batch') decodeBatch(message.batch)
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
    const services = [...SERVICES.keys(), 'batch']
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

  it('are forgeries where a port would act upon them, and none once they are another cluster’s', () => {
    const mutator = new Mutator(seededChance(1))
    const forged = (['servers', 'ref', 'peers'] as const).flatMap((kind) =>
      SAMPLES[kind].filter(({ parts }) => isForgery(kind, mutator.message(parts, 'none'))),
    )
    expect(new Set(forged.map(({ name }) => name))).toEqual(
      new Set(['ready', 'heartbeat', 'members', 'batch', 'head', 'head whole', 'batches']),
    )
    for (const kind of ['servers', 'ref', 'peers'] as const) {
      for (const { parts } of SAMPLES[kind]) {
        expect(isForgery(kind, ofAnother(mutator.message(parts, 'none')))).toBe(false)
      }
    }
  })

  it.each([
    ['servers', 'The columns of the head disagree'],
    ['servers', 'The second frame is not as long as the head says'],
    ['peers', 'The batch fails its CRC-32'],
    ['peers', 'The batch lacks a key or has one of the wrong type'],
    ['peers', 'The columns of the batch disagree'],
    ['peers', 'Key "heard" must be a map to integers from 0 to 2^53 - 1'],
    ['publishers', 'The batch fails its CRC-32'],
    ['publishers', 'The columns of the batch disagree'],
    ['ref', 'Key "pods" must be an array of maps'],
    ['ref', 'Key "voters" must hold at most 1024 names, each once'],
    ['ref', 'Key "durable" must be a map to integers from 0 to 2^53 - 1'],
  ] as const)('come to what is checked behind the cluster’s name: %s, %s', (kind, message) => {
    expect(refusals(kind)).toContain(message)
  })

  it.each(Object.keys(SAMPLES) as PortKind[])('are refused as bad requests, if they are: %s', (kind) => {
    expect(() => refusals(kind)).not.toThrow()
  })

  it.each(Object.keys(SAMPLES) as PortKind[])(
    'nearly all differ from valid ones when changed: %s',
    (kind) => {
      const mutator = new Mutator(seededChance(1))
      const made = Array.from({ length: 1400 }, (_, number) => messageFor(kind, number, mutator))
      expect(made.filter(({ frames }) => isForgery(kind, frames))).toEqual([])
      expect(made.filter(({ way, changed }) => way === 'none' && changed)).toEqual([])
      expect(made.filter(({ changed }) => changed).length).toBeGreaterThan(1200)
    },
  )
})

const MADE = 5000
const known = new Map<PortKind, ReadonlySet<string>>()

/** Why a port refuses what is sent to it in the name of its own cluster: all that it says. */
function refusals(kind: PortKind): ReadonlySet<string> {
  const done = known.get(kind)
  if (done !== undefined) return done
  const mutator = new Mutator(seededChance(1))
  const reasons = new Set<string>()
  for (let number = 0; number < MADE; number++) {
    const { frames, bytes } = messageFor(kind, number, mutator)
    // Only some of what brokers and servers say to each other names it, and nothing that clients say.
    if (bytes.includes(OWN_CLUSTER) || kind === 'servers' || kind === 'clients') {
      reasons.add(whyRefused(kind, frames))
    }
  }
  known.set(kind, reasons)
  return reasons
}

/** @throws what a reader should not: anything but `bad_request` */
function whyRefused(kind: PortKind, frames: readonly Uint8Array[]): string {
  try {
    READERS[kind](frames)
    return ''
  } catch (error) {
    if (error instanceof RecadoError) return error.message
    throw error
  }
}
