import { Broker } from '../../src/broker/index.ts'
import { Berkeley, CorrectedTime, LamportClock } from '../../src/clocks/index.ts'
import type { Chance, Dealer } from '../../src/ports/index.ts'
import { Heartbeater, Ref } from '../../src/ref/index.ts'
import { Server } from '../../src/server/index.ts'
import { openStore, type Store } from '../../src/store/index.ts'
import { REPLICA_TOPIC, type RecadoError, SERVERS_TOPIC, vectorToObject } from '../../src/wire/index.ts'
import { quietLog, quietMetrics } from '../support/quiet.ts'
import { VirtualDisk } from '../support/virtual-disk.ts'
import { seededChance, VirtualTime } from '../support/virtual-time.ts'
import { Network } from './network.ts'
import { SimulatedProcess } from './process.ts'
import { Sockets } from './sockets.ts'

export const CLUSTER = 'test/simulation'
const REF = 'tcp://ref:1'
const CLIENTS = 'tcp://broker:1'
const SERVERS = 'tcp://broker:2'
const PROXY = 'tcp://proxy:1'

/** A whole system in one process under a virtual clock: the real cores, with simulated disks and network. */
export class Cluster {
  readonly world = new VirtualTime()
  readonly chance: Chance
  readonly network: Network
  readonly sockets: Sockets
  readonly servers: SimulatedServer[]
  readonly ref: SimulatedRef
  readonly broker: SimulatedBroker
  readonly proxy: SimulatedProxy

  constructor(seed: number, options: { servers?: number; offsetsMs?: readonly number[] } = {}) {
    this.chance = seededChance(seed)
    this.network = new Network(this.world, seededChance(seed + 1))
    this.sockets = new Sockets(this.network)
    const names = Array.from({ length: options.servers ?? 3 }, (_, i) => `server-${i + 1}`)
    this.ref = new SimulatedRef(this, names)
    this.broker = new SimulatedBroker(this)
    this.proxy = new SimulatedProxy(this)
    this.servers = names.map((name, i) => new SimulatedServer(this, name, options.offsetsMs?.[i] ?? 0))
  }

  start(): void {
    for (const each of this.all()) each.start()
  }

  all(): readonly SimulatedService[] {
    return [this.ref, this.broker, this.proxy, ...this.servers]
  }

  connect(client: SimulatedProcess): Dealer {
    return this.sockets.dial(client, CLIENTS)
  }

  /** Runs until the condition holds; false when it does not within this virtual time. */
  runUntil(condition: () => boolean, ms: number): boolean {
    const until = this.world.now + ms
    while (this.world.now < until) {
      this.world.run(50)
      if (condition()) return true
    }
    return condition()
  }
}

/** One service as a process that can crash, freeze and start again. */
export abstract class SimulatedService {
  readonly process: SimulatedProcess
  protected readonly cluster: Cluster
  up = false

  constructor(cluster: Cluster, name: string, offsetMs = 0) {
    this.cluster = cluster
    this.process = new SimulatedProcess(cluster.world, name, { offsetMs })
  }

  start(): void {
    this.up = true
    this.run()
  }

  crash(): void {
    this.up = false
    this.process.crash()
  }

  protected abstract run(): void
}

class SimulatedRef extends SimulatedService {
  readonly #names: readonly string[]
  #bytes: Uint8Array | undefined

  constructor(cluster: Cluster, names: readonly string[]) {
    super(cluster, 'ref')
    this.#names = names
  }

  protected run(): void {
    const { process } = this
    const ref = new Ref({
      cluster: CLUSTER,
      servers: this.#names,
      file: {
        read: () => this.#bytes,
        write: (bytes) => {
          this.#bytes = bytes
        },
      },
      time: process,
      timers: process,
      log: quietLog,
      metrics: quietMetrics,
    })
    const send = this.cluster.sockets.listen(process, REF, (from, frames) =>
      send(from, [ref.answer(frames.at(-1) as Uint8Array)]),
    )
    ref.start()
  }
}

class SimulatedBroker extends SimulatedService {
  constructor(cluster: Cluster) {
    super(cluster, 'broker')
  }

  protected run(): void {
    const { process, cluster } = this
    const broker = new Broker({
      cluster: CLUSTER,
      clientQueue: 4096,
      queue: 65_536,
      requestDeadlineMs: 10_000,
      lamport: new LamportClock(),
      time: process,
      timers: process,
      log: quietLog,
      metrics: quietMetrics,
      toClient: (to, frames) => toClient(to, frames),
      toServer: (to, frames) => toServer(to, frames),
    })
    const toClient = cluster.sockets.listen(process, CLIENTS, (from, frames) =>
      broker.fromClient(from, frames),
    )
    const toServer = cluster.sockets.listen(process, SERVERS, (from, frames) =>
      broker.fromServer(from, frames),
    )
    broker.start()
  }
}

class SimulatedProxy extends SimulatedService {
  constructor(cluster: Cluster) {
    super(cluster, 'proxy')
  }

  protected run(): void {
    // What a proxy does is in Sockets.publish: it hands on what comes while it is up.
  }
}

export class SimulatedServer extends SimulatedService {
  readonly disk = new VirtualDisk()
  server: Server | undefined
  store: Store | undefined
  corrected: CorrectedTime | undefined
  /** Why the last life ended by itself, if it did. */
  failure: RecadoError | undefined
  readonly #address: string

  constructor(cluster: Cluster, name: string, offsetMs: number) {
    super(cluster, name, offsetMs)
    this.#address = `tcp://${name}:1`
  }

  override crash(): void {
    const { chance } = this.cluster
    super.crash()
    // Files are not flushed: a crash may take any part of their ends.
    this.disk.crash((_name, size) => (chance.next() < 0.5 ? 0 : Math.floor(chance.next() * size)))
    this.server = undefined
    this.store = undefined
  }

  /** The server lost its disk. */
  empty(): void {
    this.crash()
    this.disk.empty()
  }

  get ready(): boolean {
    return this.server !== undefined && this.server.unready === undefined
  }

  protected run(): void {
    const { process, cluster } = this
    const parts = {
      time: process,
      timers: process,
      log: quietLog,
      metrics: quietMetrics,
      chance: cluster.chance,
    }
    const corrected = new CorrectedTime(process)
    const store = openStore({
      ...parts,
      keyValue: this.disk.keyValue(process),
      files: this.disk.files(),
      events: {
        flushed: (changes) => server.flushed(changes),
        full: (full) => server.diskFull(full),
        failed: () => this.crash(),
        late: () => {},
      },
    })
    const incarnation = Math.max(Math.floor(process.wall()), store.memory.incarnation + 1)
    store.remember({ incarnation })
    const lamport = new LamportClock({
      start: Math.max(store.memory.lease, store.highestClock),
      lease: { extend: (upTo, done) => store.remember({ lease: upTo }, done) },
    })
    const identity = { cluster: CLUSTER, name: process.name, address: this.#address, incarnation }
    const toBroker = cluster.sockets.dial(process, SERVERS)
    const peers = new Map<string, Dealer>()
    const publish = (topic: string, body: Uint8Array): void => {
      cluster.sockets.publish(process, cluster.proxy.process, () => cluster.proxy.up, topic, body)
    }
    const server: Server = new Server({
      ...parts,
      identity,
      acks: 'quorum',
      ackDeadlineMs: 5000,
      messageBytesMax: 262_144,
      heartbeatTimeoutMs: 3000,
      diskReserve: 0.1,
      store,
      lamport,
      now: corrected.now,
      toBroker: (_broker, frames) => toBroker.send(frames),
      toPeer: (name, frames) => peers.get(name)?.send(frames) ?? false,
      publishToAll: publish,
      publishTo: (_proxy, topic, body) => publish(topic, body),
      connectPeers: (addresses) => {
        for (const [name, address] of addresses) {
          if (!peers.has(name)) peers.set(name, cluster.sockets.dial(process, address))
        }
      },
      clockStatus: () => ({}),
      fail: (error) => {
        this.failure = error
        this.crash()
      },
    })
    Object.assign(this, { server, store, corrected })
    this.#wire(server, store, lamport, corrected, toBroker, identity)
  }

  #wire(
    server: Server,
    store: Store,
    lamport: LamportClock,
    corrected: CorrectedTime,
    toBroker: Dealer,
    identity: { readonly incarnation: number },
  ): void {
    const { process, cluster } = this
    const { replica } = server
    const parts = { time: process, timers: process, log: quietLog, metrics: quietMetrics }
    toBroker.receive((frames) => server.fromBroker(SERVERS, frames))
    cluster.sockets.listen(process, this.#address, (_from, frames) => server.fromPeer(frames))
    cluster.sockets.subscribe(
      process,
      cluster.proxy.process.name,
      [REPLICA_TOPIC, SERVERS_TOPIC],
      (topic, body) => server.fromTopic(topic, body),
    )
    const berkeley = new Berkeley({
      ...parts,
      corrected,
      intervalMs: 2000,
      isCoordinator: () => replica.coordinator === process.name,
      coordinator: () => replica.coordinator,
      livePeers: () => replica.peers.live().map(({ name }) => name),
      send: (peer, message) => replica.outbox.send(peer, message),
    })
    replica.inbox.onTime = (message) => berkeley.receive(message.from, message)
    server.brokers.set([SERVERS])
    replica.setProxies([PROXY])
    const heartbeater = new Heartbeater({
      ...parts,
      addresses: [REF],
      openDealer: (address) => cluster.sockets.dial(process, address),
      lamport,
      now: corrected.now,
      settled: () => replica.voting.epoch > 0 && replica.condition.rank > 0,
      describe: () => ({
        cluster: CLUSTER,
        name: process.name,
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
      onReply: (reply) => replica.told(reply),
      onError: () => {},
    })
    server.start()
    berkeley.start()
    heartbeater.start()
  }
}
