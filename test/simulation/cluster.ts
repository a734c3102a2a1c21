import type { Chance, Dealer, Log } from '../../src/ports/index.ts'
import { quietLog } from '../support/quiet.ts'
import { seededChance, VirtualTime } from '../support/virtual-time.ts'
import { Network } from './network.ts'
import type { ClockOptions, SimulatedProcess } from './process.ts'
import { SimulatedServer } from './server.ts'
import { SimulatedBroker, SimulatedProxy, SimulatedRef, type SimulatedService } from './services.ts'
import { Sockets } from './sockets.ts'
import { type Level, Witness } from './witness.ts'

/** What the processes are set to. */
export interface Settings {
  readonly acks: Level
  readonly ackDeadlineMs: number
  readonly heartbeatTimeoutMs: number
  readonly requestDeadlineMs: number
  readonly syncIntervalMs: number
  /** Bytes of batches in one write to a journal, about. */
  readonly groupBytes: number
}

export interface ClusterOptions extends Partial<Settings> {
  readonly servers?: number
  readonly brokers?: number
  readonly proxies?: number
  /** The clocks of the servers, in their order. */
  readonly clocks?: readonly ClockOptions[]
  /** The clocks of all other processes, in the order in which they are made. */
  readonly otherClocks?: readonly ClockOptions[]
}

const SETTINGS: Settings = {
  acks: 'quorum',
  ackDeadlineMs: 5000,
  heartbeatTimeoutMs: 3000,
  requestDeadlineMs: 10_000,
  syncIntervalMs: 2000,
  groupBytes: 4 * 1024 * 1024,
}

/** A whole system in one process under a virtual clock: the real cores, with simulated disks and network. */
export class Cluster {
  readonly world = new VirtualTime()
  readonly chance: Chance
  readonly network: Network
  readonly sockets: Sockets
  readonly witness = new Witness(() => this.world.now)
  readonly options: Settings
  readonly servers: SimulatedServer[] = []
  readonly ref: SimulatedRef
  readonly brokers: readonly SimulatedBroker[]
  readonly proxies: readonly SimulatedProxy[]
  /** Makes each process's log. */
  logOf: (name: string) => Log = () => quietLog
  readonly #otherClocks: ClockOptions[]
  readonly #clocks: readonly ClockOptions[]

  constructor(seed: number, options: ClusterOptions = {}) {
    this.options = { ...SETTINGS, ...options }
    this.chance = seededChance(seed)
    this.network = new Network(this.world, seededChance(seed + 1))
    this.sockets = new Sockets(this.network, this.world, seededChance(seed + 2))
    this.#clocks = options.clocks ?? []
    this.#otherClocks = [...(options.otherClocks ?? [])]
    const names = namesOf('server', options.servers ?? 3, true)
    this.ref = new SimulatedRef(this, names)
    this.brokers = namesOf('broker', options.brokers ?? 1).map((name) => new SimulatedBroker(this, name))
    this.proxies = namesOf('proxy', options.proxies ?? 1).map((name) => new SimulatedProxy(this, name))
    for (const name of names) this.addServer(name)
  }

  /** The clock of one more process that is no server. */
  takeClock(): ClockOptions {
    return this.#otherClocks.shift() ?? {}
  }

  /** One more server, which does not run yet. */
  addServer(name: string): SimulatedServer {
    const server = new SimulatedServer(this, name, this.#clocks[this.servers.length] ?? {})
    this.servers.push(server)
    return server
  }

  server(name: string): SimulatedServer | undefined {
    return this.servers.find((server) => server.name === name)
  }

  start(): void {
    for (const each of this.all()) each.start()
  }

  all(): readonly SimulatedService[] {
    return [this.ref, ...this.brokers, ...this.proxies, ...this.servers]
  }

  connect(client: SimulatedProcess, broker = 0): Dealer {
    const { clientsAddress } = this.brokers[broker % this.brokers.length] as SimulatedBroker
    return this.sockets.dial(client, clientsAddress)
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

function namesOf(role: string, count: number, numbered = false): string[] {
  return Array.from({ length: count }, (_, i) => (i === 0 && !numbered ? role : `${role}-${i + 1}`))
}
