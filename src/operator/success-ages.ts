import type { Metrics, Time } from '../ports/index.ts'

/** Knows which of the clusters waits longest for a pass that succeeds. */
export class SuccessAges {
  readonly #time: Time
  readonly #metrics: Metrics
  readonly #since = new Map<string, number>()

  constructor({ time, metrics }: { readonly time: Time; readonly metrics: Metrics }) {
    this.#time = time
    this.#metrics = metrics
    this.#tell()
  }

  /** It is to be passed over; its time counts from when that is first known. */
  expect(key: string): void {
    if (this.#since.has(key)) return
    this.#since.set(key, this.#time.wall())
    this.#tell()
  }

  succeeded(key: string): void {
    this.#since.set(key, this.#time.wall())
    this.#tell()
  }

  forget(key: string): void {
    this.#since.delete(key)
    this.#tell()
  }

  /** Another operator counts from now on. */
  forgetAll(): void {
    this.#since.clear()
    this.#tell()
  }

  #tell(): void {
    let oldest = Number.POSITIVE_INFINITY
    for (const at of this.#since.values()) oldest = Math.min(oldest, at)
    const seconds = Number.isFinite(oldest) ? oldest / 1000 : 0
    this.#metrics.set('recado_operator_oldest_success_timestamp_seconds', seconds)
  }
}
