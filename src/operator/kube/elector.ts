import type {
  Cancel,
  Chance,
  KubeApi,
  KubeError,
  Log,
  Metrics,
  ObjectKey,
  Time,
  Timers,
} from '../../ports/index.ts'
import { KINDS } from '../kinds.ts'
import { kubeError } from './answers.ts'
import { isSame, LEASE_MS, type Lease, leaseOf, leaseWith, renewed, taken } from './lease.ts'
import { RefusalLog } from './refusal-log.ts'

export interface ElectorOptions {
  readonly api: KubeApi
  /** The Lease. */
  readonly lease: ObjectKey
  /** Of this process alone: a restarted one is another. */
  readonly identity: string
  readonly time: Time
  readonly timers: Timers
  readonly chance: Chance
  readonly log: Log
  readonly metrics: Metrics
  /** This operator acts from now on. */
  readonly began: () => void
  /** It must not any more: another may act soon. */
  readonly ended: () => void
}

/** A leader that could not renew for so long stops, well before others may begin. */
export const RENEW_MS = 10_000
/** Between two looks or renewals. */
const RETRY_MS = 2000

/**
 * Sees to it that of several operators one acts: the one whose name is in the Lease and who renews it. One that cannot
 * renew, because the API server is away, steps back, and may lead again.
 */
export class Elector {
  readonly #options: ElectorOptions
  readonly #refusals: RefusalLog
  #lease: Lease | undefined
  /** When the Lease that we know was first seen so. */
  #seenAt = 0
  /** When the last renewal that came through was sent; none while another leads. */
  #renewedAt: number | undefined
  #cancel: Cancel = () => {}
  #deadline: Cancel = () => {}
  #isStopped = false
  #turn: Promise<void> = Promise.resolve()

  constructor(options: ElectorOptions) {
    this.#options = options
    this.#refusals = new RefusalLog(options.log, 'The Lease could not be read or written')
  }

  /** Whether this operator may write now: also when it stood still, and its timers are late. */
  get isLeading(): boolean {
    return this.#renewedAt !== undefined && this.#options.time.monotonic() - this.#renewedAt < LEASE_MS
  }

  /** The Lease's `leaseTransitions`: each change of the leader counts one. */
  get term(): number {
    return this.#lease?.transitions ?? 0
  }

  start(): void {
    this.#options.metrics.set('recado_operator_leader', 0)
    this.#begin()
  }

  /** Asks the API server whether this operator holds the Lease: its term then. */
  async confirmTerm(): Promise<number | undefined> {
    const lease = await this.#read()
    const isOurs = this.isLeading && lease?.holder === this.#options.identity
    return isOurs ? lease.transitions : undefined
  }

  /** Gives the Lease back, so that another leads at once. Work must have ended. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#cancel()
    await this.#turn
    this.#cancel()
    const lease = this.#lease
    if (!this.isLeading || lease === undefined) return
    this.#stepBack()
    try {
      await this.#write({ ...lease, holder: '', renewedAtMs: this.#options.time.wall() })
      this.#options.log.info({}, 'Gave the lead back')
    } catch (error) {
      this.#options.log.warn({ err: error }, 'The Lease could not be given back and runs out by itself')
    }
  }

  #begin(): void {
    this.#turn = this.#tryOnce()
  }

  async #tryOnce(): Promise<void> {
    const { chance, timers } = this.#options
    try {
      await (this.#renewedAt === undefined ? this.#acquire() : this.#renew())
      this.#refusals.succeeded()
    } catch (thrown) {
      this.#failed(kubeError(thrown))
    }
    if (this.#isStopped) return
    // Two that began at once shall not go on in step.
    const waitMs = this.#renewedAt === undefined ? RETRY_MS * (1 + chance.next() / 5) : RETRY_MS
    this.#cancel = timers.after(waitMs, () => this.#begin())
  }

  #failed(error: KubeError): void {
    const { status, reason, message } = error
    // Written by somebody else, or deleted: look first.
    if (status === 409 || status === 404) this.#lease = undefined
    if (status !== 409) return this.#refusals.failed(error)
    // Of several that want it all but one are told so.
    this.#options.log.debug({ status, reason, error: message }, 'Another was quicker to write the Lease')
  }

  async #acquire(): Promise<void> {
    const { identity, time } = this.#options
    const lease = await this.#read()
    this.#see(lease)
    const isFree =
      lease === undefined ||
      lease.holder === '' ||
      lease.holder === identity ||
      time.monotonic() - this.#seenAt >= lease.durationMs
    if (!isFree || this.#isStopped) return
    await this.#hold(taken(lease, identity, time.wall()))
  }

  async #renew(): Promise<void> {
    const { identity, time, log } = this.#options
    if (this.#lease === undefined) {
      const lease = await this.#read()
      this.#see(lease)
      if (lease !== undefined && lease.holder !== identity) {
        log.warn({ leader: lease.holder }, 'Another operator took the Lease')
        return this.#stepBack()
      }
    }
    await this.#hold(
      this.#lease === undefined ? taken(undefined, identity, time.wall()) : renewed(this.#lease, time.wall()),
    )
  }

  /** Writes the Lease as ours. It counts from when the request was sent. */
  async #hold(lease: Lease): Promise<void> {
    const { time, timers } = this.#options
    const sentAt = time.monotonic()
    await this.#write(lease)
    if (time.monotonic() - sentAt >= RENEW_MS) return
    const isNew = this.#renewedAt === undefined
    this.#renewedAt = sentAt
    this.#deadline()
    this.#deadline = timers.after(sentAt + RENEW_MS - time.monotonic(), () => this.#lose())
    if (isNew) this.#beginLeading()
  }

  #lose(): void {
    this.#options.log.warn({ renew_ms: RENEW_MS }, 'The Lease could not be renewed in time')
    this.#stepBack()
  }

  #beginLeading(): void {
    const { metrics, log, began } = this.#options
    metrics.set('recado_operator_leader', 1)
    log.info({ term: this.term }, 'Leading: this operator acts')
    began()
  }

  #stepBack(): void {
    if (this.#renewedAt === undefined) return
    const { metrics, log, ended } = this.#options
    this.#renewedAt = undefined
    this.#deadline()
    metrics.set('recado_operator_leader', 0)
    log.info({}, 'Not leading any more')
    ended()
  }

  async #read(): Promise<Lease | undefined> {
    const { api, lease } = this.#options
    const object = await api.get(KINDS.lease, lease)
    return object === undefined ? undefined : leaseOf(object)
  }

  async #write(lease: Lease): Promise<void> {
    const { api } = this.#options
    const object = leaseWith(this.#options.lease, lease)
    const write = lease.object === undefined ? 'create' : 'replace'
    this.#see(leaseOf(await api[write](KINDS.lease, object)))
  }

  #see(lease: Lease | undefined): void {
    const former = this.#lease
    this.#lease = lease
    if (lease !== undefined && former !== undefined && isSame(former, lease)) return
    this.#seenAt = this.#options.time.monotonic()
  }
}
