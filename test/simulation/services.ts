import { Broker } from '../../src/broker/index.ts'
import { LamportClock } from '../../src/clocks/index.ts'
import type { Log } from '../../src/ports/index.ts'
import { Ref } from '../../src/ref/index.ts'
import { encode, parseReplies, type Reply, type ServerEntry } from '../../src/wire/index.ts'
import { quietMetrics } from '../support/quiet.ts'
import type { Cluster } from './cluster.ts'
import { SimulatedProcess } from './process.ts'

export const CLUSTER = 'test/simulation'
export const REF = 'tcp://ref:1'

/** One service as a process that can crash, freeze and start again. */
export abstract class SimulatedService {
  readonly process: SimulatedProcess
  protected readonly cluster: Cluster
  up = false
  /** Virtual ms of its last start, and of the last time it went on after standing still. */
  startedAt = 0
  /** Virtual ms at which its last life but the present one ended. */
  endedAt = Number.NEGATIVE_INFINITY
  thawedAt = Number.NEGATIVE_INFINITY

  constructor(cluster: Cluster, name: string, clock = cluster.takeClock()) {
    this.cluster = cluster
    this.process = new SimulatedProcess(cluster.world, name, clock)
  }

  get name(): string {
    return this.process.name
  }

  start(): void {
    if (this.up) return
    this.up = true
    this.startedAt = this.cluster.world.now
    this.run()
  }

  crash(): void {
    if (this.up) this.endedAt = this.cluster.world.now
    this.up = false
    this.process.crash()
  }

  freeze(): void {
    if (this.up) this.process.freeze()
  }

  thaw(): void {
    if (!this.process.frozen) return
    this.thawedAt = this.cluster.world.now
    this.process.thaw()
  }

  protected get log(): Log {
    return this.cluster.logOf(this.name)
  }

  protected abstract run(): void
}

/** What ref's list says of servers. */
interface Listed {
  readonly servers: readonly ServerEntry[]
  readonly epoch: number
}

export class SimulatedRef extends SimulatedService {
  /** The names in its setting SERVERS. */
  servers: readonly string[]
  #bytes: Uint8Array | undefined
  #ref: Ref | undefined

  constructor(cluster: Cluster, servers: readonly string[]) {
    super(cluster, 'ref')
    this.servers = servers
  }

  /** Somebody removed its file. */
  forget(): void {
    this.#bytes = undefined
  }

  override crash(): void {
    super.crash()
    this.#ref = undefined
  }

  /** Whether a server that is not wanted may be taken away for good, as far as ref's list says: like the operator's isRemoved. */
  lets(name: string): boolean {
    const envelope = { service: 'list', id: 'whether it may go', clock: 0, timestamp: 0, data: {} }
    const answer = this.process.frozen ? undefined : this.#ref?.answer(encode(envelope))
    if (answer === undefined) return false
    const [reply] = parseReplies(answer)
    const { servers, epoch } = (reply as Reply).data as unknown as Listed
    const entry = servers.find((each) => each.name === name)
    // One that ref never heard of was never a server.
    return epoch > 0 && (entry === undefined || entry.drained)
  }

  protected run(): void {
    const { process, log } = this
    const file = {
      read: (): Uint8Array | undefined => this.#bytes,
      write: (bytes: Uint8Array): void => {
        this.#bytes = bytes
      },
    }
    const ref = new Ref({
      cluster: CLUSTER,
      name: 'ref',
      servers: this.servers,
      file,
      time: process,
      timers: process,
      log,
      metrics: quietMetrics,
    })
    const send = this.cluster.sockets.listen(process, REF, (from, frames) =>
      send(from, [ref.answer(frames.at(-1) as Uint8Array)]),
    )
    ref.start()
    this.#ref = ref
  }
}

export class SimulatedBroker extends SimulatedService {
  get clientsAddress(): string {
    return `tcp://${this.name}:1`
  }

  get serversAddress(): string {
    return `tcp://${this.name}:2`
  }

  protected run(): void {
    const { process, cluster, log } = this
    const broker = new Broker({
      cluster: CLUSTER,
      clientQueue: 4096,
      queue: 65_536,
      requestDeadlineMs: cluster.options.requestDeadlineMs,
      lamport: new LamportClock(),
      time: process,
      timers: process,
      log,
      metrics: quietMetrics,
      toClient: (to, frames) => toClient(to, frames),
      toServer: (to, frames) => toServer(to, frames),
    })
    const toClient = cluster.sockets.listen(
      process,
      this.clientsAddress,
      (from, frames) => broker.fromClient(from, frames),
      (from) => broker.clientGone(from),
    )
    const toServer = cluster.sockets.listen(process, this.serversAddress, (from, frames) =>
      broker.fromServer(from, frames),
    )
    broker.start()
  }
}

export class SimulatedProxy extends SimulatedService {
  get address(): string {
    return `tcp://${this.name}:1`
  }

  protected run(): void {
    // What a proxy does is in Sockets.publish: it hands on what comes while it is up.
    this.cluster.sockets.proxyStarted(this.process)
  }
}
