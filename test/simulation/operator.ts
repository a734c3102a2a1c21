import type { Dealer } from '../../src/ports/index.ts'
import { encode } from '../../src/wire/index.ts'
import type { Cluster } from './cluster.ts'
import { CLUSTER, REF, SimulatedService } from './services.ts'

const REPORT_MS = 400

/** Whoever tells ref which servers are wanted and which pods there are; it may be wrong about those. */
export class SimulatedOperator extends SimulatedService {
  wanted: readonly string[]
  /** Servers whose pods it takes for gone. */
  readonly gone = new Set<string>()
  #sequence = 0
  #dealer: Dealer | undefined

  constructor(cluster: Cluster, wanted: readonly string[]) {
    super(cluster, 'operator')
    this.wanted = wanted
  }

  /** Tells ref now what it believes. */
  report(): void {
    if (!this.up) return
    this.#sequence++
    const pods = this.cluster.servers
      .filter(({ name, removed }) => !removed && !this.gone.has(name))
      .map(({ name }) => ({
        name,
        role: 'server',
        uid: name,
        ip: '10.0.0.1',
        ready: true,
        terminating: false,
      }))
    const data = { cluster: CLUSTER, term: 1, sequence: this.#sequence, wanted: this.wanted, pods }
    const envelope = { service: 'members', id: String(this.#sequence), clock: this.#sequence, timestamp: 1 }
    this.#dealer?.send([new Uint8Array(), encode({ ...envelope, data })])
  }

  protected run(): void {
    this.#dealer = this.cluster.sockets.dial(this.process, REF)
    this.process.every(REPORT_MS, () => this.report())
    this.report()
  }
}
