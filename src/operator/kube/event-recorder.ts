import type {
  Cancel,
  Chance,
  EventRecorder,
  KubeApi,
  KubeError,
  KubeEvent,
  KubeObject,
  Log,
  Metrics,
  Time,
  Timers,
} from '../../ports/index.ts'
import { KINDS } from '../kinds.ts'
import { kubeError } from './answers.ts'
import { BackOff } from './back-off.ts'
import { eventObject, type Occurrence, seriesOf } from './event-object.ts'
import { RefusalLog } from './refusal-log.ts'

export interface ApiEventRecorderOptions {
  readonly api: KubeApi
  /** The pod that says it. */
  readonly instance: string
  readonly time: Time
  readonly timers: Timers
  readonly chance: Chance
  readonly log: Log
  readonly metrics: Metrics
}

/** What waits to be written; beyond that, news is dropped. */
const WAITING_MAX = 100
/** Said again within this time, it is one Event with a count. */
const SERIES_MS = 600_000
/** Between two writings of one count. */
const COUNT_MS = 60_000
/** Different Events on one object within `SERIES_MS`: more than that, nobody reads. */
const OF_ONE_OBJECT_MAX = 50
/** What could not be written for so long is old. */
const AGE_MS_MAX = 600_000
const WAIT = { minMs: 1000, maxMs: 30_000 }

interface Series extends Occurrence {
  /** How often in all, and how often as written. */
  count: number
  written: number
  lastAt: number
  /** Whether a writing is to come: it waits for its turn or for its time. So it is whenever more was said than written. */
  isPlanned: boolean
  cancel: Cancel
}

/** Writes Events in the background, one after the other; what is said again is counted. Never throws, never waits. */
export class ApiEventRecorder implements EventRecorder {
  readonly #options: ApiEventRecorderOptions
  readonly #series = new Map<string, Series>()
  readonly #waiting: Series[] = []
  readonly #wait: BackOff
  readonly #refusals: RefusalLog
  #isWriting = false
  #cancel: Cancel = () => {}
  #isStopped = false

  constructor(options: ApiEventRecorderOptions) {
    this.#options = options
    this.#wait = new BackOff({ ...WAIT, chance: options.chance })
    this.#refusals = new RefusalLog(options.log, 'Events are not taken, and are dropped')
  }

  record(regarding: KubeObject, event: KubeEvent): void {
    const now = this.#options.time.wall()
    this.#forgetOld(now)
    const uid = regarding.metadata.uid ?? ''
    const id = [uid, event.type, event.reason, event.action, event.note].join('\n')
    const series = this.#series.get(id)
    if (series === undefined) return this.#first(id, regarding, event, now)
    series.count += 1
    series.lastAt = now
    if (!series.isPlanned) this.#writeLater(series)
  }

  stop(): void {
    this.#isStopped = true
    this.#cancel()
    for (const { cancel } of this.#series.values()) cancel()
  }

  #first(id: string, regarding: KubeObject, event: KubeEvent, now: number): void {
    const { chance } = this.#options
    const uid = regarding.metadata.uid
    const others = [...this.#series.values()].filter((each) => each.regarding.metadata.uid === uid)
    if (this.#waiting.length >= WAITING_MAX || others.length >= OF_ONE_OBJECT_MAX) return this.#drop(event)
    const suffix = `${now.toString(16)}${Math.floor(chance.next() * 0x10000).toString(16)}`
    const name = `${regarding.metadata.name}.${suffix}`
    const occurrence = { name, regarding: referenceTo(regarding), event, at: now }
    const series = { ...occurrence, count: 1, written: 0, lastAt: now, isPlanned: true, cancel: () => {} }
    this.#series.set(id, series)
    this.#waiting.push(series)
    this.#write()
  }

  #writeLater(series: Series): void {
    if (this.#isStopped) return
    series.isPlanned = true
    series.cancel = this.#options.timers.after(COUNT_MS, () => {
      if (this.#waiting.length >= WAITING_MAX) return this.#dropCount(series)
      this.#waiting.push(series)
      this.#write()
    })
  }

  #write(): void {
    if (this.#isWriting || this.#isStopped) return
    const series = this.#waiting[0]
    if (series === undefined) return
    this.#isWriting = true
    void this.#writeOne(series)
  }

  async #writeOne(series: Series): Promise<void> {
    const { time, timers } = this.#options
    let waitMs = 0
    try {
      series.written = await this.#send(series)
      this.#refusals.succeeded()
      series.isPlanned = false
      if (series.count > series.written) this.#writeLater(series)
      this.#wait.reset()
      this.#waiting.shift()
    } catch (thrown) {
      const error = kubeError(thrown)
      waitMs = this.#wait.next(error.retryAfterMs)
      if (!mayPass(error) || time.wall() - series.lastAt > AGE_MS_MAX) {
        waitMs = 0
        this.#wait.reset()
        this.#waiting.shift()
        this.#dropCount(series, error)
      }
    }
    if (this.#isStopped) return
    this.#cancel = timers.after(waitMs, () => {
      this.#isWriting = false
      this.#write()
    })
  }

  /** Returns how often it was said by what was written. */
  async #send(series: Series): Promise<number> {
    const { api, instance } = this.#options
    const { count } = series
    const whole = eventObject(series, instance)
    if (series.written === 0) {
      await api.create(KINDS.event, whole)
      return 1
    }
    try {
      await api.merge(KINDS.event, whole.metadata, { series: seriesOf(count, series.lastAt) })
    } catch (error) {
      // The API server forgets Events after an hour: then this is a new one.
      if (kubeError(error).status !== 404) throw error
      await api.create(KINDS.event, whole)
    }
    return count
  }

  #forgetOld(now: number): void {
    for (const [id, series] of this.#series) {
      if (now - series.lastAt > SERIES_MS && !series.isPlanned) this.#series.delete(id)
    }
  }

  /** What was said so far is not written; when it is said again, all is. */
  #dropCount(series: Series, error?: KubeError): void {
    series.written = series.count
    series.isPlanned = false
    if (error !== undefined) this.#refusals.failed(error)
    this.#drop(series.event)
  }

  #drop({ reason }: KubeEvent): void {
    const { metrics, log } = this.#options
    metrics.add('recado_operator_events_dropped_total')
    log.debug({ reason }, 'An Event was dropped')
  }
}

/** Whether the same request may be taken later. */
function mayPass({ status }: KubeError): boolean {
  return status === 0 || status === 429 || status >= 500
}

/** What an Event needs of an object: the rest of it may be large. */
function referenceTo({ apiVersion, kind, metadata }: KubeObject): KubeObject {
  const { name, namespace, uid, resourceVersion } = metadata
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      ...(namespace !== undefined && { namespace }),
      ...(uid !== undefined && { uid }),
      ...(resourceVersion !== undefined && { resourceVersion }),
    },
  }
}
