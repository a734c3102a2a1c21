import { Berkeley, CorrectedTime, type LamportClock } from '../../src/clocks/index.ts'
import type { Dealer } from '../../src/ports/index.ts'
import { Heartbeater } from '../../src/ref/index.ts'
import type { Identity } from '../../src/replication/index.ts'
import { Server, startClock, takeIncarnation } from '../../src/server/index.ts'
import { openStore, type Store } from '../../src/store/index.ts'
import {
  parsePeerMessage,
  parsePublications,
  REPLICA_TOPIC,
  RecadoError,
  SERVERS_TOPIC,
  type Vector,
  vectorToObject,
} from '../../src/wire/index.ts'
import { quietMetrics } from '../support/quiet.ts'
import { type DiskCopy, VirtualDisk } from '../support/virtual-disk.ts'
import type { Cluster } from './cluster.ts'
import type { ClockOptions } from './process.ts'
import { CLUSTER, REF, SimulatedService } from './services.ts'

/** Who ended by itself is started again after this. */
const RESTART_MS = 200

/** A server's real cores on a simulated disk and network, as src/roles/server.ts wires them to real ones. */
export class SimulatedServer extends SimulatedService {
  readonly disk = new VirtualDisk()
  server: Server | undefined
  store: Store | undefined
  corrected: CorrectedTime | undefined
  lamport: LamportClock | undefined
  /** Virtual ms by clock: what is gathered goes on its way later. */
  readonly #shownAt = new Map<number, number>()
  /** Why the last life ended by itself, if it did. */
  failure: RecadoError | undefined
  /** No longer part of the system: it is not started again. */
  removed = false
  readonly #address: string
  #identity: Identity | undefined
  #heartbeater: Heartbeater | undefined

  constructor(cluster: Cluster, name: string, clock: ClockOptions) {
    super(cluster, name, clock)
    this.#address = `tcp://${name}:3`
    this.disk.appended = (records) => cluster.witness.flushed(this, records)
    this.disk.changed = (file, before) => cluster.witness.rewritten(this, file, before)
  }

  override crash(): void {
    const { chance, witness } = this.cluster
    super.crash()
    witness.ended(this)
    // Files are not flushed: a crash may take any part of their ends.
    this.disk.crash(
      (_name, size) => (chance.next() < 0.5 ? 0 : Math.floor(chance.next() * (size + 1))),
      chance,
    )
    this.server = undefined
    this.#heartbeater = undefined
    this.store = undefined
    this.corrected = undefined
    this.lamport = undefined
  }

  /** The server lost its disk. */
  empty(): void {
    this.crash()
    this.disk.empty()
    this.cluster.witness.lost(this, new Map())
  }

  copy(): { disk: DiskCopy; holds: Vector } {
    return { disk: this.disk.copy(), holds: new Map(this.cluster.witness.disk(this.name).holds) }
  }

  /** Somebody put an old copy in the place of its disk. */
  restore(copy: { disk: DiskCopy; holds: Vector }): void {
    this.crash()
    this.disk.restore(copy.disk)
    this.cluster.witness.lost(this, copy.holds, true)
  }

  /** Of the present life, or the last one. */
  get incarnation(): number {
    return this.#identity?.incarnation ?? 0
  }

  get ready(): boolean {
    return this.server !== undefined && this.server.unready === undefined
  }

  /** What the replica is at: `joining`, `up` or `leaving`; `down` when no process runs. */
  get state(): string {
    return this.server?.replica.condition.state ?? 'down'
  }

  protected run(): void {
    const { process, cluster, log } = this
    const { options, witness } = cluster
    const parts = { time: process, timers: process, log, metrics: quietMetrics, chance: cluster.chance }
    const corrected = new CorrectedTime(process)
    const now = (): number => {
      const ms = corrected.now()
      witness.time(this, ms)
      return ms
    }
    const store = this.#openStore(
      (changes) => server.flushed(changes),
      (full) => server.diskFull(full),
    )
    const incarnation = takeIncarnation(store, process.wall(), cluster.chance)
    const lamport = this.#watch(startClock(store))
    const identity: Identity = { cluster: CLUSTER, name: this.name, address: this.#address, incarnation }
    const brokers = new Map<string, Dealer>()
    const peers = new Map<string, Dealer>()
    const publishTo = (address: string, topic: string, body: Uint8Array): void => {
      const proxy = cluster.proxies.find((each) => each.address === address)
      if (proxy !== undefined) cluster.sockets.publish(process, proxy.process, topic, body)
    }
    const server: Server = new Server({
      ...parts,
      ...options,
      identity,
      messageBytesMax: 262_144,
      diskReserve: 0.1,
      store,
      lamport,
      now,
      toBroker: (address, frames) => brokers.get(address)?.send(frames) ?? false,
      toPeer: (name, frames) => {
        const message = parsePeerMessage(frames[0] as Uint8Array)
        if (message.kind === 'head') witness.promised(this, message.promise, store.durable)
        return peers.get(name)?.send(frames) ?? false
      },
      publishToAll: (topic, body) => {
        if (topic !== SERVERS_TOPIC) witness.published(this, parsePublications(body))
        for (const { address } of cluster.proxies) publishTo(address, topic, body)
      },
      publishTo,
      connectPeers: (addresses) => {
        for (const [name, address] of addresses) {
          if (!peers.has(name)) peers.set(name, cluster.sockets.dial(process, address))
        }
      },
      clockStatus: () => ({}),
      changed: () => this.#heartbeater?.review(),
      fail: (error) => this.#fail(error),
    })
    for (const { serversAddress } of cluster.brokers) {
      const dealer = cluster.sockets.dial(process, serversAddress)
      dealer.receive((frames) => server.fromBroker(serversAddress, frames))
      brokers.set(serversAddress, dealer)
    }
    Object.assign(this, { server, store, corrected, lamport })
    this.#identity = identity
    this.#observe(server, store, identity)
    this.#listen(server)
    this.#beginTimes(server, lamport, corrected, now, identity, store)
  }

  #openStore(flushed: (changes: ReadonlyMap<string, number>) => void, full: (full: boolean) => void): Store {
    const { process, log } = this
    return openStore({
      time: process,
      timers: process,
      log,
      metrics: quietMetrics,
      chance: this.cluster.chance,
      groupBytes: this.cluster.options.groupBytes,
      journal: this.disk.journal(process),
      keyValue: this.disk.keyValue(process),
      files: this.disk.files(),
      events: {
        flushed,
        full,
        failed: (code, cause) => this.#fail(new RecadoError(code, 'The disk failed', { cause })),
        late: (_position, count) => this.cluster.witness.tell(this.name, `${count} operations came late`),
      },
    })
  }

  /** The process ends by itself, and whoever looks after it starts it again. */
  #fail(error: RecadoError): void {
    this.failure = error
    this.cluster.witness.tell(this.name, `ends by itself: ${error.code} ${error.message}`)
    this.crash()
    const { life } = this.process
    this.cluster.world.schedule(RESTART_MS, () => {
      if (this.process.life === life && !this.removed) this.start()
    })
  }

  /** Tells of each clock that the process shows. */
  #watch(lamport: LamportClock): LamportClock {
    const { witness } = this.cluster
    const tryNext = lamport.tryNext.bind(lamport)
    lamport.tryNext = () => {
      const clock = tryNext()
      if (clock !== undefined) {
        witness.clock(this, clock)
        this.#shownAt.set(clock, this.cluster.world.now)
      }
      return clock
    }
    return lamport
  }

  /** When it showed this clock, which those that are appended later are above. */
  takeShownAt(clock: number): number {
    const at = this.#shownAt.get(clock)
    if (at === undefined) throw new RangeError(`${this.name} never showed the clock ${clock}`)
    for (const shown of this.#shownAt.keys()) {
      if (shown > clock) break
      this.#shownAt.delete(shown)
    }
    return at
  }

  #observe(server: Server, store: Store, identity: Identity): void {
    const { witness } = this.cluster
    const { replica } = server
    const append = store.append.bind(store)
    store.append = (batch) => {
      const outcome = append(batch)
      const own = batch.origin === identity.name && batch.incarnation === identity.incarnation
      if (own && outcome === 'appended') witness.appended(this, batch)
      return outcome
    }
    const finalise = store.finalise.bind(store)
    store.finalise = (clock) => {
      witness.finalised(this, clock)
      finalise(clock)
    }
    let { state } = replica.condition
    Object.defineProperty(replica.condition, 'state', {
      get: () => state,
      set: (next: typeof state) => {
        state = next
        witness.tell(this.name, `is ${state}`)
        witness.state(this, state)
      },
    })
    const adopt = replica.voting.adopt.bind(replica.voting)
    replica.voting.adopt = (voters) => {
      adopt(voters)
      witness.tell(this.name, `votes with ${voters.names.join(', ')} (epoch ${voters.epoch})`)
      witness.voters(this, voters)
    }
    witness.voters(this, replica.voting.voters)
  }

  #listen(server: Server): void {
    const { process, cluster } = this
    cluster.sockets.listen(process, this.#address, (_from, frames) => server.fromPeer(frames))
    for (const proxy of cluster.proxies) {
      cluster.sockets.subscribe(process, proxy.process, [REPLICA_TOPIC, SERVERS_TOPIC], (topic, body) =>
        server.fromTopic(topic, body),
      )
    }
    server.brokers.set(cluster.brokers.map(({ serversAddress }) => serversAddress))
    server.replica.setProxies(cluster.proxies.map(({ address }) => address))
  }

  #beginTimes(
    server: Server,
    lamport: LamportClock,
    corrected: CorrectedTime,
    now: () => number,
    identity: Identity,
    store: Store,
  ): void {
    const { process, cluster, log } = this
    const { replica } = server
    const parts = { time: process, timers: process, log, metrics: quietMetrics, lamport, now }
    const berkeley = new Berkeley({
      ...parts,
      corrected,
      intervalMs: cluster.options.syncIntervalMs,
      isCoordinator: () => replica.coordinator === this.name,
      coordinator: () => replica.coordinator,
      livePeers: () => replica.peers.live(),
      send: (peer, message) => replica.outbox.send(peer, message),
    })
    replica.inbox.onTime = (message) => berkeley.receive(message.from, message)
    const heartbeater = new Heartbeater({
      ...parts,
      openDealer: (address) => cluster.sockets.dial(process, address),
      settled: () => replica.voting.epoch > 0 && replica.condition.rank > 0,
      urgent: () => `${replica.voting.epoch} ${replica.condition.state} ${server.accepting}`,
      describe: () => ({
        cluster: CLUSTER,
        name: this.name,
        role: 'server',
        address: this.#address,
        incarnation: identity.incarnation,
        rank: replica.condition.rank,
        ranks: Object.fromEntries([...replica.peers.all()].map(({ name, rank }) => [name, rank])),
        voters: replica.voting.voters,
        state: replica.condition.state,
        stopped: !server.accepting,
        coordinator: replica.coordinator,
        durable: vectorToObject(store.durable),
      }),
      onReply: (reply) => {
        const down = reply.servers.filter(({ state }) => state === 'down' || state === 'removed')
        cluster.witness.toldDown(
          this,
          down.map(({ name }) => name),
        )
        replica.told(reply)
      },
      onError: (code, _message, incarnation) => {
        if (code === 'name_taken') replica.superseded(incarnation)
      },
    })
    this.#heartbeater = heartbeater
    server.start()
    berkeley.start()
    heartbeater.start()
    heartbeater.set([REF])
  }
}
