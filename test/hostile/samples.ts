import { encode } from '../../src/wire/index.ts'
import { batchOf, operation } from '../support/operations.ts'

/** Where strangers connect, HTTP apart. */
export type PortKind = 'clients' | 'servers' | 'publishers' | 'subscribers' | 'ref' | 'peers'

/** One frame: as it stands, or a value that is written in MessagePack. */
export type Part = Uint8Array | { readonly value: unknown }

export type Fields = Readonly<Record<string, unknown>>

export interface Sample {
  /** `service` or `kind`, and what sets it apart from others of the same. */
  readonly name: string
  readonly parts: readonly Part[]
}

/** The cluster that is attacked: what names it is read to its end rather than refused for the name. */
export const OWN_CLUSTER = 'default/recado'
/** Nobody's. Of the same length, so that one can stand in the other's place in bytes. */
export const FOREIGN_CLUSTER = 'default/others'
/** No member's name: nobody is taken for dead or for older because of it. */
export const STRANGER = 'stranger'
const EMPTY = new Uint8Array()
const TIME = 1_800_000_000_000

const ENVELOPE = { id: 'hostile-1', clock: 1, timestamp: TIME }
const OPERATION = { clock: 7, origin: STRANGER, incarnation: 1, seq: 3 }

/** Data of each service that servers have. The names are made known by the test, so that the samples are served. */
const SERVICES: readonly (readonly [string, Fields])[] = [
  ['login', { user: 'mallory' }],
  ['login', { user: 'mallory', secret: 'sesame', new_secret: 'open sesame', permit: 'ticket' }],
  ['users', {}],
  ['channel', { user: 'mallory', channel: 'den' }],
  ['channel', { user: 'mallory', channel: 'attic', members: ['mallory'] }],
  ['invite', { user: 'mallory', channel: 'attic', member: 'mallory' }],
  ['leave', { user: 'mallory', channel: 'attic' }],
  ['channels', {}],
  ['publish', { user: 'mallory', channel: 'den', message: 'text', acks: 'one' }],
  ['publish', { user: 'mallory', channel: 'den', message: Buffer.from([0, 255, 1]), acks: 'all' }],
  ['message', { user: 'mallory', to: 'mallory', message: 'text', acks: 'quorum' }],
  ['history', { channel: 'den', limit: 3 }],
  ['history', { user: 'mallory', with: 'mallory', after: 'now', limit: 1000, seen: { 'server-1/1': 1 } }],
  ['status', {}],
]

const REFERENCE: readonly (readonly [string, Fields])[] = [
  ['rank', { name: STRANGER, address: 'tcp://127.0.0.1:1' }],
  ['list', {}],
  ['heartbeat', heartbeat('server')],
  ['heartbeat', heartbeat('broker')],
  ['heartbeat', heartbeat('proxy')],
  [
    'members',
    {
      cluster: OWN_CLUSTER,
      term: 1,
      sequence: 1,
      wanted: ['server-1', 'server-2', 'server-3'],
      pods: [
        { name: 'server-1', role: 'server', uid: 'u', ip: '127.0.0.1', ready: true, terminating: false },
      ],
    },
  ],
]

function heartbeat(role: string): Fields {
  return {
    cluster: OWN_CLUSTER,
    name: STRANGER,
    role,
    uid: 'uid',
    address: 'tcp://127.0.0.1:1',
    incarnation: 1,
    rank: 9,
    ranks: { 'server-1': 1, [STRANGER]: 9 },
    voters: { epoch: 1, names: ['server-1', STRANGER] },
    state: 'up',
    stopped: false,
    coordinator: STRANGER,
    durable: { 'stranger/1': 3 },
    keys: 2,
  }
}

/** What a server says of itself in every message to servers. */
const SIGNATURE = { cluster: OWN_CLUSTER, from: STRANGER, incarnation: 1, clock: 5, timestamp: TIME }

const WHOLE = {
  address: 'tcp://127.0.0.1:1',
  rank: 9,
  intact: true,
  coordinator: STRANGER,
  voters: { epoch: 1, names: ['server-1', 'server-2', 'server-3'] },
  heard: { 'server-1': 1 },
  counted: { 'server-1': 1 },
  answers: 0,
  asks: 1,
  alone: true,
  owed: { 'server-1/1': 2 },
  byProxy: 0,
}
const HEAD = { kind: 'head', ...SIGNATURE, number: 1, epoch: 1, state: 'up', promise: 4 }

/** A batch of a stranger's, as it goes over topic `replica`. */
export const BATCH = batchOf(
  [1, 2, 3].map((seq) =>
    operation({ origin: STRANGER, seq, clock: 10 + seq, user: 'mallory', target: 'den' }),
  ),
)

const READY: Fields = {
  kind: 'ready',
  cluster: OWN_CLUSTER,
  name: STRANGER,
  incarnation: 1,
  session: 1,
  credit: 9,
}

/** What registers a stranger at the broker, and what ends that. */
export const REGISTRATION = [encode(READY)]
export const LEAVE = [encode({ kind: 'bye' })]
/** Requests that a client may be given an answer to by whoever is registered. */
export const READ = [EMPTY, encode({ service: 'users', ...ENVELOPE, data: {} })]

const PUBLICATION = {
  clock: 7,
  timestamp: TIME,
  operation: OPERATION,
  previous: 2,
  id: 'hostile-1',
  user: 'mallory',
  channel: 'square',
  message: 'text',
}

export const SAMPLES: Readonly<Record<PortKind, readonly Sample[]>> = {
  clients: [
    ...SERVICES.map(request),
    batch(SERVICES.map(([service, data]) => ({ ...ENVELOPE, service, data }))),
  ],
  ref: [
    ...REFERENCE.map(request),
    // One heartbeat only: a second one, left as it is, would be a forgery beside the one that is changed.
    batch(REFERENCE.slice(0, 3).map(([service, data]) => ({ ...ENVELOPE, service, data }))),
  ],
  servers: [
    backend(READY),
    backend({ kind: 'beat', registered: true, session: 1 }),
    backend({ kind: 'requests', session: 1, tags: [1, 2], connections: [1, 1], lengths: [2, 3] }, 5),
    backend({ kind: 'replies', tags: [1, 2], lengths: [2, 3] }, 5),
    backend({ kind: 'bye' }),
    backend({ kind: 'refused', message: 'no' }),
  ],
  peers: [
    peer({ ...HEAD, durable: { 'stranger/1': 3 } }),
    peer({ ...HEAD, durable: { 'stranger/1': 3 }, whole: WHOLE }),
    peer({ kind: 'fetch', ...SIGNATURE, stream: 'server-1/1', after: 0, bytes: 1000 }),
    peer({ kind: 'batches', ...SIGNATURE, lengths: [BATCH.bytes.byteLength] }, BATCH.bytes),
    peer({ kind: 'time-poll', ...SIGNATURE, round: 1, sent: 12.5 }),
    peer({ kind: 'time-answer', ...SIGNATURE, round: 1, sent: 12.5, time: TIME + 0.5 }),
    peer({ kind: 'time-correction', ...SIGNATURE, round: 1, correction: 5000.5 }),
  ],
  publishers: [
    published('replica', { value: { kind: 'batch', ...SIGNATURE, batch: BATCH.bytes } }, 'batch'),
    published('servers', { value: { kind: 'echo', ...SIGNATURE, proxy: 'tcp://127.0.0.1:1/2' } }, 'echo'),
    published('servers', { value: { kind: 'coordinator', ...SIGNATURE, rank: 1 } }, 'coordinator'),
    published('channel/square/', { value: PUBLICATION }, 'channel'),
    published('channel/square/', { value: [PUBLICATION, PUBLICATION] }, 'publications'),
    published('user/mallory/', { value: { ...PUBLICATION, channel: undefined, to: 'mallory' } }, 'user'),
  ],
  subscribers: ['channel/den/', 'user/mallory/', 'replica', 'servers', ''].flatMap((topic) => [
    { name: 'subscribe', parts: [Buffer.from(`\x01${topic}`)] },
    { name: 'unsubscribe', parts: [Buffer.from(`\x00${topic}`)] },
  ]),
}

function request([service, data]: readonly [string, Fields]): Sample {
  return { name: service, parts: [EMPTY, { value: { service, ...ENVELOPE, data } }] }
}

function batch(requests: readonly unknown[]): Sample {
  return { name: 'batch', parts: [EMPTY, { value: requests }] }
}

function backend(head: Fields, bodies?: number): Sample {
  const second = bodies === undefined ? [] : [Buffer.alloc(bodies, 0x80)]
  return { name: String(head['kind']), parts: [{ value: head }, ...second] }
}

function peer(head: Fields, second?: Uint8Array): Sample {
  const name = `${String(head['kind'])}${head['whole'] === undefined ? '' : ' whole'}`
  return { name, parts: [{ value: head }, ...(second === undefined ? [] : [second])] }
}

function published(topic: string, body: Part, name: string): Sample {
  return { name, parts: [Buffer.from(topic), body] }
}
