import type { Log, Metrics } from '../ports/index.ts'
import type { Store } from '../store/index.ts'

const INTERVAL_MS = 1000
/** Looks come about so often, and not on the dot: one a little early is on time. */
const EARLY_MS = 250

export interface DiskSpaceOptions {
  /** The share of the disk that must stay free for new operations to be taken. */
  readonly diskReserve: number
  readonly store: Pick<Store, 'space'>
  readonly log: Log
  readonly metrics: Metrics
}

/** Watches how much room is left on the disk. */
export class DiskSpace {
  /** Whether it is too little for new operations. */
  low = false
  readonly #options: DiskSpaceOptions
  #lookedAt = Number.NEGATIVE_INFINITY

  constructor(options: DiskSpaceOptions) {
    this.#options = options
  }

  /** To be called often, with monotonic ms: looks each second. Whether `low` has changed. */
  look(now: number): boolean {
    if (now - this.#lookedAt < INTERVAL_MS - EARLY_MS) return false
    this.#lookedAt = now
    const { store, diskReserve, metrics, log } = this.#options
    const { free, total } = store.space()
    const low = total > 0 && free / total < diskReserve
    metrics.set('recado_disk_free_bytes', free)
    metrics.set('recado_disk_size_bytes', total)
    metrics.set('recado_disk_low', low ? 1 : 0)
    if (low === this.low) return false
    this.low = low
    const fields = { free_bytes: free, total_bytes: total, reserve_ratio: diskReserve }
    if (low) log.error(fields, 'Too little room on the disk: no new operations are taken')
    else log.info(fields, 'Enough room on the disk again')
    return true
  }
}
