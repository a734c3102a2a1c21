import type { Chance } from '../../../src/ports/index.ts'
import { isHidden } from '../checkers/hidden.ts'
import type { Cluster } from '../cluster.ts'
import { SimulatedProcess } from '../process.ts'

export const CHANNEL = 'news'

/** A client's process. Each says something again and again until it is told that it is enough. */
export abstract class Party {
  readonly process: SimulatedProcess
  readonly user: string
  protected readonly cluster: Cluster
  protected readonly chance: Chance
  protected enough = false
  up = false

  constructor(cluster: Cluster, user: string, chance: Chance, options: { promising: boolean }) {
    this.user = user
    this.cluster = cluster
    this.chance = chance
    this.process = new SimulatedProcess(cluster.world, `client-${user}`, {
      ...cluster.takeClock(),
      ...options,
    })
  }

  get name(): string {
    return this.process.name
  }

  start(): void {
    if (this.up) return
    this.up = true
    this.run()
  }

  crash(): void {
    this.up = false
    this.process.crash()
  }

  freeze(): void {
    if (this.up) this.process.freeze()
  }

  thaw(): void {
    if (this.process.frozen) this.process.thaw()
  }

  /** No new requests any more, but for one last thing that who speaks says, which must be acknowledged. */
  finish(): void {
    this.enough = true
  }

  /** Whether nothing is under way. */
  abstract get done(): boolean

  /** Reads to the end of what there is, now that all is quiet. */
  abstract conclude(): void
  abstract get concluded(): boolean

  protected abstract run(): void

  /**
   * Whether servers may have risen without what this error misses, which an old copy lacks that looks like a whole one: they may
   * answer so to who asked at `sentAt`, virtual ms. `to`: whom the request was to reach.
   */
  protected isHidden(code: string, sentAt: number, to?: string): boolean {
    const missing = [...this.cluster.witness.wishes.values()].filter(({ kind, user }) => {
      if (code === 'unknown_channel') return kind === 'channel'
      if (code === 'not_logged_in') return kind === 'login' && user === this.user
      return code === 'unknown_user' && kind === 'login' && user === to
    })
    return missing.some(({ standsFor = [] }) =>
      standsFor.some(({ stream, seq }) => isHidden(this.cluster, stream, seq, sentAt)),
    )
  }
}
