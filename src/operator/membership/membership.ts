import { LamportClock } from '../../clocks/index.ts'
import type { Cancel, Dealer, Log, Pass, Time, Timers } from '../../ports/index.ts'
import { RefLink } from './ref-link.ts'
import { isFresh, type RefView, type Report, sameReport } from './view.ts'

const REPORT_MS = 2000
/** Between two questions to the API server whether this operator still holds the Lease. */
const CONFIRM_MS = 1000

export interface MembershipOptions {
  /** namespace/name, as the processes have it. */
  readonly cluster: string
  readonly openDealer: (address: string, pass?: Pass) => Dealer
  /** What the operator shows at refs whose cluster is secured; asked when a link is opened. */
  readonly pass?: () => Pass | undefined
  readonly time: Time
  readonly timers: Timers
  readonly log: Log
  /** The Lease's `leaseTransitions`. */
  readonly term: () => number
  /** The same, asked of the API server now; undefined when another operator holds the Lease. */
  readonly confirmTerm: () => Promise<number | undefined>
  /** What refs say has changed in a way that matters, or can no longer be had. */
  readonly onChange: () => void
}

/** Tells every ref of one cluster what there is, at once and again and again, and keeps the best of their answers. */
export class Membership {
  readonly #options: MembershipOptions
  readonly #links = new Map<string, RefLink>()
  readonly #views = new Map<string, RefView>()
  readonly #lamport = new LamportClock()
  readonly #cancel: Cancel
  #report: Report | undefined
  #sequence = 0
  /** A term that ref knows and that is above our Lease's own: somebody deleted the Lease. */
  #adoptedTerm = 0
  #confirmedAt = Number.NEGATIVE_INFINITY
  #signature = ''
  #isStopped = false

  constructor(options: MembershipOptions) {
    this.#options = options
    this.#cancel = options.timers.every(REPORT_MS, () => this.#tick())
  }

  /** What the best ref said, of those that answered lately the one with the highest epoch; and the keys of all that did. */
  get view(): RefView | undefined {
    const now = this.#options.time.monotonic()
    const fresh = [...this.#views.values()].filter((view) => isFresh(view, now))
    const best = fresh.toSorted((a, b) => b.epoch - a.epoch || b.at - a.at)[0]
    const keys = lowestKeys(fresh)
    return best && { ...best, ...(keys !== undefined && { keys }) }
  }

  /**
   * This is how it shall be and how it is now; refs are told at once when it differs from what they know. Once it has
   * stopped, nobody is told: what began before may end after, and another operator may report by then.
   */
  tell(report: Report, addresses: readonly string[]): void {
    if (this.#isStopped) return
    const isNews = this.#report === undefined || !sameReport(this.#report, report)
    if (isNews) {
      this.#report = report
      this.#sequence++
    }
    const opened = this.#connect(addresses)
    if (isNews) this.#sendToAll()
    else for (const link of opened) this.#send(link)
  }

  /** The last report, for whoever wants to change a part of it. */
  get report(): Report | undefined {
    return this.#report
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.#cancel()
    const links = [...this.#links.values()]
    this.#links.clear()
    this.#views.clear()
    await Promise.all(links.map((link) => link.close()))
  }

  #connect(addresses: readonly string[]): RefLink[] {
    const { log } = this.#options
    for (const [address, link] of this.#links) {
      if (addresses.includes(address)) continue
      this.#links.delete(address)
      this.#views.delete(address)
      link.close().catch((error: unknown) => log.debug({ err: error, address }, 'Cannot close a link to ref'))
    }
    const missing = addresses.filter((address) => !this.#links.has(address))
    return missing.map((address) => this.#open(address))
  }

  #open(address: string): RefLink {
    const link = new RefLink({
      ...this.#options,
      address,
      pass: this.#options.pass?.(),
      lamport: this.#lamport,
      onView: (view) => {
        if (this.#links.get(address) !== link) return
        this.#views.set(address, view)
        this.#noticeChange()
      },
      onStale: (term, sequence) => this.#stale(term, sequence),
    })
    this.#links.set(address, link)
    return link
  }

  #tick(): void {
    this.#sendToAll()
    // A view that nobody renews is one no more: that is a change too.
    this.#noticeChange()
  }

  #sendToAll(): void {
    for (const link of this.#links.values()) this.#send(link)
  }

  #send(link: RefLink): void {
    if (this.#report === undefined) return
    link.send(this.#report, Math.max(this.#options.term(), this.#adoptedTerm), this.#sequence)
  }

  /** Another operator reported later than this one; or this one did, in a life or with a Lease that is gone. */
  #stale(term: number, sequence: number): void {
    const { time, log } = this.#options
    const own = Math.max(this.#options.term(), this.#adoptedTerm)
    // The answer to an old report: newer ones are under way.
    if (own > term || (own === term && this.#sequence > sequence)) return
    if (time.monotonic() - this.#confirmedAt < CONFIRM_MS) return
    this.#confirmedAt = time.monotonic()
    this.#goOn(term, sequence).catch((error: unknown) => {
      log.warn({ err: error }, 'Cannot ask whether the Lease is still ours')
    })
  }

  async #goOn(term: number, sequence: number): Promise<void> {
    const { confirmTerm, log } = this.#options
    const ownTerm = await confirmTerm()
    if (this.#isStopped) return
    if (ownTerm === undefined) {
      return log.warn({ term }, 'Another operator reports to ref, and the Lease is not ours')
    }
    this.#adoptedTerm = Math.max(term, this.#adoptedTerm)
    this.#sequence = Math.max(sequence, this.#sequence) + 1
    log.info({ term, sequence }, 'Going on from the newest report that ref has seen')
    this.#sendToAll()
  }

  #noticeChange(): void {
    const signature = signatureOf(this.view)
    if (signature === this.#signature) return
    this.#signature = signature
    this.#options.onChange()
  }
}

/** Each ref knows itself alone beside those whom all hear; of two words about one process the lower is the safe one. */
function lowestKeys(views: readonly RefView[]): RefView['keys'] {
  const lowest = new Map<string, number>()
  for (const { keys = {} } of views) {
    for (const [id, generation] of Object.entries(keys)) {
      lowest.set(id, Math.min(generation, lowest.get(id) ?? generation))
    }
  }
  return lowest.size === 0 ? undefined : Object.fromEntries(lowest)
}

/** What of a view others act on. Lags change all the time, and are looked at when something else makes one look. */
function signatureOf(view: RefView | undefined): string {
  if (view === undefined) return ''
  const { servers, coordinator, epoch, report, keys = {} } = view
  const entries = servers.map(({ name, rank, state, voter, drained, lag }) => [
    name,
    rank,
    state,
    voter,
    drained,
    lag < 1 ? -1 : Math.ceil(Math.log10(lag)),
  ])
  const read = Object.entries(keys).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return JSON.stringify([entries, coordinator, epoch, report, read])
}
