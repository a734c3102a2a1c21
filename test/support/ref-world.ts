import { createMetrics } from '../../src/adapters/metrics.ts'
import { Ref } from '../../src/ref/index.ts'
import { decode, encode, PEER_LIMITS } from '../../src/wire/index.ts'
import { quietLog } from './quiet.ts'
import { VirtualTime } from './virtual-time.ts'

type Data = Record<string, unknown>
const CLUSTER = 'default/recado'

/** Ref's disk. */
export class RefDisk {
  bytes: Uint8Array | undefined
  failing = false
  read() {
    return this.bytes
  }
  write(bytes: Uint8Array) {
    if (this.failing) throw new Error('Disk full')
    this.bytes = bytes
  }
}

/** A ref, and servers that take the lists which it answers, under virtual time. */
export class RefWorld {
  readonly virtual = new VirtualTime()
  readonly registry = createMetrics({ processMetrics: false })
  readonly servers = new Map<string, Data>()
  readonly #uids = new Map<string, string>()
  #reports = 0
  ref: Ref
  /** The generation of its keys that ref has read. */
  keys: number | undefined
  #sent = 0
  /** The clock of whoever asks ref, 0 for one that nobody drove on. */
  clock = 0
  /** The clock of the last answer. */
  answered = 0

  readonly disk = new RefDisk()

  constructor(wanted: readonly string[]) {
    this.ref = this.start(wanted)
  }

  start(servers: readonly string[]) {
    const time = this.virtual.process()
    const options = {
      cluster: CLUSTER,
      name: 'ref',
      keyGeneration: () => this.keys,
      servers,
      file: this.disk,
      time,
      timers: time,
    }
    return new Ref({ ...options, log: quietLog, metrics: this.registry.metrics })
  }

  ask(service: string, data: Data): Data {
    const id = String(++this.#sent)
    const body = encode({ service, id, clock: this.clock || this.#sent, timestamp: 1, data })
    const answer = decode(this.ref.answer(body), PEER_LIMITS) as { clock: number; data: Data }
    this.answered = answer.clock
    return answer.data
  }

  /** Heartbeats of a server, which takes the list that it is answered; `data` changes what it says of itself. */
  beat(name: string, data: Data = {}): Data {
    const base = {
      cluster: CLUSTER,
      name,
      role: 'server',
      address: `tcp://${name}:1`,
      incarnation: 1,
      state: 'up',
    }
    const server = {
      ...base,
      voters: { epoch: 0, names: [] },
      durable: {},
      ...this.servers.get(name),
      ...this.#podOf(name),
      ...data,
    }
    const reply = this.ask('heartbeat', server)
    const voters = reply['voters'] as { epoch: number } | undefined
    if (voters !== undefined && voters.epoch > (server.voters as { epoch: number }).epoch)
      server.voters = voters as never
    this.servers.set(name, { ...server, ...ranksIn(name, reply) })
    return reply
  }

  beatAll(names: readonly string[], rounds = 2): Data {
    let reply: Data = {}
    for (let i = 0; i < rounds; i++) for (const name of names) reply = this.beat(name)
    return reply
  }

  list() {
    const { servers, ...rest } = this.ask('list', {})
    return {
      ...rest,
      servers: Object.fromEntries((servers as Data[]).map((each) => [each['name'], each])),
    } as {
      epoch: number
      brokers: string[]
      servers: Record<string, Data>
    }
  }

  get voters() {
    return Object.values(this.list().servers)
      .filter(({ voter }) => voter)
      .map(({ name }) => name)
  }

  /** These servers have new pods, and processes in them. */
  pods(names: readonly string[]): void {
    for (const name of names) {
      const count = Number(this.#uids.get(name)?.split('-').at(-1) ?? 0) + 1
      this.#uids.set(name, `${name}-${count}`)
    }
  }

  /** An operator tells what it wants, and of the pods of these or of those that it wants. */
  report(
    wanted: readonly string[],
    change: {
      present?: readonly string[]
      without?: readonly string[]
      terminating?: readonly string[]
    } = {},
  ): Data {
    const { present = [...this.#uids.keys()], without = [], terminating = [] } = change
    const pods = present
      .filter((name) => !without.includes(name))
      .map((name) => ({
        name,
        role: 'server',
        uid: this.#uids.get(name) ?? '',
        ip: '10.0.0.1',
        ready: true,
        terminating: terminating.includes(name),
      }))
    this.#reports++
    return this.ask('members', { cluster: CLUSTER, term: 1, sequence: this.#reports, wanted, pods })
  }

  #podOf(name: string): Data {
    const uid = this.#uids.get(name)
    return uid === undefined ? {} : { uid, incarnation: Number(uid.split('-').at(-1)) }
  }
}

/** What a server keeps of the ranks that ref answers: its own, and the others'. */
function ranksIn(name: string, reply: Data): Data {
  const entries = (reply['servers'] ?? []) as { name: string; rank: number }[]
  const ranks = Object.fromEntries(entries.map((entry) => [entry.name, entry.rank]))
  const { [name]: rank = 0, ...others } = ranks
  return rank === 0 ? {} : { rank, ranks: others }
}
