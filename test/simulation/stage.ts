import type { Chance } from '../../src/ports/index.ts'
import { covers, join, type Vector } from '../../src/wire/index.ts'
import { seededChance } from '../support/virtual-time.ts'
import { addCheckers } from './checkers/index.ts'
import type { Subscribers } from './checkers/subscribers.ts'
import { type Hears, LibraryClient } from './clients/library.ts'
import type { Party } from './clients/party.ts'
import { HistoryReader } from './clients/reader.ts'
import { SimpleClient } from './clients/simple.ts'
import { Cluster, type ClusterOptions } from './cluster.ts'
import { SimulatedOperator } from './operator.ts'
import type { SimulatedServer } from './server.ts'
import type { SimulatedService } from './services.ts'

export interface StageOptions extends ClusterOptions {
  readonly simple?: number
  readonly library?: number
  readonly readers?: number
  /** Pauses between a client's requests, in ms at most. */
  readonly pauseMs?: number
  /** Publications that the client with the library has under way at once. */
  readonly window?: number
  /** Of what the first of the simple ones says: the share that it says many at once of. */
  readonly bursts?: number
  /** Whether subscriptions go on at the end until all has come by themselves, instead of beginning anew at their cursors. */
  readonly patient?: boolean
  /** What the client with the library subscribes to. */
  readonly hears?: Hears
  /** Whether readers read the first user's direct messages, instead of the channel. */
  readonly inbox?: boolean
  /** Whether an operator tells ref which servers are wanted, instead of ref's setting. */
  readonly operated?: boolean
}

const USERS = ['ana', 'bia', 'caio', 'davi', 'eva']
/** After the last fault: until all is ready, answered and written. Virtual ms beyond the heartbeat timeout. */
export const PROGRESS_MS = 10_000
/** Looks this often whether all is quiet, in virtual ms. */
const LOOK_MS = 25
const ROUNDS_MAX = 10

/** A cluster with its clients, and everything that is checked of it. */
export class Stage {
  readonly cluster: Cluster
  readonly clients: readonly Party[]
  readonly operator: SimulatedOperator | undefined
  readonly chance: Chance
  readonly #patient: boolean
  readonly #subscribers: Subscribers
  /** Names of the servers that shall be in the system. */
  wanted: readonly string[]
  /** What the disks of those held that were taken away. */
  readonly #tookAlong = new Map<string, Vector>()

  constructor(seed: number, options: StageOptions = {}) {
    this.cluster = new Cluster(seed, options)
    this.chance = seededChance(seed + 3)
    // What began with nothing has no place to go on from: all must come by itself.
    this.#patient = options.patient === true || options.hears === 'channel from now'
    this.#subscribers = addCheckers(this.cluster).subscribers
    this.wanted = this.cluster.servers.map(({ name }) => name)
    this.operator = options.operated === true ? new SimulatedOperator(this.cluster, this.wanted) : undefined
    if (this.operator !== undefined) this.cluster.ref.servers = []
    this.clients = this.#makeClients(seed, options)
  }

  get findings(): readonly string[] {
    return this.cluster.witness.findings
  }

  /** Every service and client. */
  all(): readonly (SimulatedService | Party)[] {
    return [...this.cluster.all(), ...this.clients]
  }

  has(name: string): boolean {
    return this.all().some((each) => each.name === name)
  }

  find(name: string): SimulatedService | Party {
    const found = this.all().find((each) => each.name === name)
    if (found === undefined) throw new Error(`Nobody is named ${name}`)
    return found
  }

  /** The servers that are or shall be part of the system. */
  get servers(): readonly SimulatedServer[] {
    return this.cluster.servers.filter(({ removed }) => !removed)
  }

  start(): void {
    this.cluster.start()
    this.operator?.start()
    for (const client of this.clients) client.start()
  }

  /** Tells whoever decides which servers are wanted. */
  want(names: readonly string[]): void {
    this.wanted = names
    const { ref, witness } = this.cluster
    witness.tell('', `wanted: ${names.join(', ')}`)
    for (const name of names) {
      const server = this.cluster.server(name)
      if (server === undefined) this.cluster.addServer(name).start()
      else if (server.removed) this.#bringBack(server)
    }
    if (this.operator !== undefined) {
      this.operator.wanted = names
      this.operator.report()
    } else {
      ref.servers = names
      ref.crash()
      ref.start()
    }
  }

  /** Runs until the condition holds; false when it does not within this virtual time. */
  async until(condition: () => boolean, ms: number): Promise<boolean> {
    const { world } = this.cluster
    const end = world.now + ms
    while (!condition()) {
      if (world.now >= end) return false
      await world.advance(LOOK_MS)
    }
    return true
  }

  /** Ends all faults. */
  heal(): void {
    const { network, servers } = this.cluster
    network.faults.publicationLoss = 0
    network.heal()
    for (const { disk } of servers) Object.assign(disk, { space: 'room', failure: undefined, commitMs: 0.4 })
    const wrong = this.operator !== undefined && this.operator.gone.size > 0
    this.operator?.gone.clear()
    for (const each of this.all()) {
      each.thaw()
      if (!each.up && !('removed' in each && each.removed)) each.start()
    }
    if (wrong) this.operator?.report()
  }

  /** Ends all faults, lets clients finish and servers write, and has everything looked at. */
  async settle(): Promise<readonly string[]> {
    const { witness, world, options } = this.cluster
    witness.tell('', 'all faults end')
    this.heal()
    const healedAt = world.now
    for (const client of this.clients) client.finish()
    const bound = options.heartbeatTimeoutMs + PROGRESS_MS
    const progressed = await this.until(() => this.#isQuiet(), bound)
    if (!progressed) witness.find(`No progress within ${bound} ms: ${this.#waitsFor()}`)
    else if (this.#patient && !(await this.until(() => this.#subscribers.haveAll(), bound)))
      witness.find('A subscription does not bring all that there is')
    else if (await this.#conclude(bound)) {
      witness.tell('', `all is quiet ${Math.round(world.now - healedAt)} ms later`)
      witness.end()
    }
    return witness.findings
  }

  /** Has all clients read to the end; again, when a request that was sent twice arrives meanwhile. */
  async #conclude(bound: number): Promise<boolean> {
    const { witness, world } = this.cluster
    for (let round = 0; round < ROUNDS_MAX; round++) {
      const before = witness.operations.size
      for (const client of this.clients) client.conclude()
      if (!(await this.until(() => this.clients.every(({ concluded }) => concluded), bound))) {
        witness.find('A subscriber cannot read history to its end')
        return false
      }
      await world.drain()
      if (witness.operations.size === before) return true
      await this.until(() => this.#isQuiet(), bound)
    }
    witness.find('It does not become quiet')
    return false
  }

  /** All are ready with the voters that are wanted, every client has its answers, and all is final and written. */
  #isQuiet(): boolean {
    this.dismiss()
    return this.#waitsFor() === ''
  }

  #waitsFor(): string {
    const { servers } = this
    const busy = this.clients.find(({ done }) => !done)
    if (busy !== undefined) return `${busy.name} has no answer`
    if (this.cluster.network.busy) return 'something slow is on its way'
    const highest = Math.max(...servers.map(({ store }) => store?.highestClock ?? Number.POSITIVE_INFINITY))
    for (const { name, server, store } of servers) {
      if (server === undefined || store === undefined) return `${name} does not run`
      if (!this.wanted.includes(name)) return `${name} is not yet taken off`
      if (server.unready !== undefined) return `${name}: ${server.unready}`
      const { names } = server.replica.voting
      if (server.replica.voting.voters.next !== undefined || names.length !== this.wanted.length)
        return `${name} votes with ${names.join(', ')}`
      if (store.finalClock < highest)
        return `${name} has made final only up to ${store.finalClock} of ${highest}`
      if (!covers(server.replica.visible(), store.durable)) return `${name} does not show all that it holds`
      if (!store.filesCurrent) return `${name} has not written its files`
    }
    const held = servers.flatMap(({ store }) => (store === undefined ? [] : [store.durable]))
    // Two servers may have taken one request: files of equal length may then differ until the first of both is everywhere.
    if (held.some((some) => held.some((others) => !covers(some, others)))) return 'an operation is on its way'
    const sizes = servers.map(({ store }) => JSON.stringify(store?.fileSizes()))
    return new Set(sizes).size > 1 ? 'the files differ' : ''
  }

  /** Takes servers away for good that ref says may go, as whoever runs the system does. */
  dismiss(): void {
    const { witness, ref } = this.cluster
    for (const server of this.servers) {
      if (this.wanted.includes(server.name) || !ref.lets(server.name)) continue
      server.removed = true
      server.crash()
      witness.tell(server.name, 'is taken away')
      this.#tookAlong.set(server.name, new Map(witness.disk(server.name).holds))
      witness.lost(server, new Map())
    }
  }

  /** Starts one again that was taken away: as often with the disk that it had then as with an empty one. */
  #bringBack(server: SimulatedServer): void {
    const { witness } = this.cluster
    const kept = this.chance.next() < 0.5
    witness.tell(server.name, `comes back with ${kept ? 'its former' : 'an empty'} disk`)
    if (kept) join(witness.disk(server.name).holds, this.#tookAlong.get(server.name) ?? new Map())
    else server.disk.empty()
    server.removed = false
    server.start()
  }

  #makeClients(seed: number, options: StageOptions): Party[] {
    const {
      simple = 2,
      library = 1,
      readers = 1,
      pauseMs = 400,
      window = 1,
      bursts = 0,
      hears = 'channel',
    } = options
    const { cluster } = this
    const { ackDeadlineMs } = cluster.options
    const chance = (index: number): Chance => seededChance(seed * 31 + index)
    const clients: Party[] = []
    for (let i = 0; i < simple; i++) {
      const retryMs = ackDeadlineMs / 2 + i * 300
      const shares = { levels: 0.3, twice: 0.1, givesUp: 0.1, bursts: i === 0 ? bursts : 0 }
      clients.push(new SimpleClient(cluster, USERS[i] as string, chance(i), { pauseMs, retryMs, ...shares }))
    }
    for (let i = 0; i < library; i++) {
      const habits = { pauseMs, window, hears, deadlineMs: ackDeadlineMs * 2 }
      clients.push(new LibraryClient(cluster, USERS[simple + i] as string, chance(10 + i), habits))
    }
    for (let i = 0; i < readers; i++)
      clients.push(
        new HistoryReader(
          cluster,
          `reader-${i + 1}`,
          chance(20 + i),
          options.inbox === true ? USERS[0] : undefined,
        ),
      )
    return clients
  }
}
