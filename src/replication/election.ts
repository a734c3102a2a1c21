import type { Log, Metrics } from '../ports/index.ts'
import type { Condition, Identity } from './identity.ts'
import type { Peer } from './peer.ts'

export interface ElectionOptions {
  readonly identity: Identity
  readonly condition: Condition
  /** The other servers that are live and have caught up. */
  readonly counted: () => readonly Peer[]
  /** Tells all servers that this one is the coordinator. */
  readonly announce: (rank: number) => void
  readonly log: Log
  readonly metrics: Metrics
}

/** Who coordinates: the live server of lowest rank that has caught up, as this server sees it. */
export class Election {
  readonly #options: ElectionOptions
  #coordinator = ''

  constructor(options: ElectionOptions) {
    this.#options = options
  }

  /** Empty while there is none. */
  get coordinator(): string {
    return this.#coordinator
  }

  /** To be called often. */
  review(): void {
    const { identity, condition, counted, announce, log, metrics } = this.#options
    const able = counted().map(({ name, rank }) => ({ name, rank }))
    if (condition.state === 'up') able.push({ name: identity.name, rank: condition.rank })
    const first = able.filter(({ rank }) => rank > 0).toSorted((a, b) => a.rank - b.rank)[0]
    const elected = first?.name ?? ''
    if (elected === this.#coordinator) return
    log.info({ coordinator: elected, former: this.#coordinator }, 'The coordinator changed')
    this.#coordinator = elected
    metrics.add('recado_elections_total')
    if (elected === identity.name) announce(condition.rank)
  }
}
