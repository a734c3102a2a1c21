import type { Time } from '../ports/index.ts'
import { RecadoError } from '../wire/index.ts'

/** Failures that a user's name, and all names together, may have at once; and how long until one is forgiven. */
const [OF_ONE, OF_ONE_MS] = [5, 10_000]
const [OF_ALL, OF_ALL_MS] = [100, 100]
/** Names with failures; beyond it those that failed longest ago are forgotten. */
const NAMES_MAX = 10_000

interface Failures {
  count: number
  /** Monotonic ms. */
  at: number
}

/** Limits by rate how often secrets may be guessed: at this server, of one user and of all. */
export class FailedLogins {
  readonly #time: Time
  readonly #failures = new Map<string, Failures>()
  readonly #all: Failures = { count: 0, at: 0 }

  constructor(time: Time) {
    this.#time = time
  }

  /** @throws RecadoError `overloaded` when there have been too many lately */
  check(user: string): void {
    const failures = this.#failures.get(user)
    const now = this.#time.monotonic()
    const one = failures !== undefined && forgive(failures, now, OF_ONE_MS).count >= OF_ONE
    if (!one && forgive(this.#all, now, OF_ALL_MS).count < OF_ALL) return
    throw new RecadoError('overloaded', 'Too many logins have failed (limit: failed logins); try again later')
  }

  /** Counts before the secret is checked, so that many tries at once are no way around; `succeeded` takes it back. */
  began(user: string): void {
    const now = this.#time.monotonic()
    const failures = this.#failures.get(user) ?? { count: 0, at: now }
    this.#failures.delete(user)
    this.#failures.set(user, failures)
    forgive(failures, now, OF_ONE_MS).count++
    forgive(this.#all, now, OF_ALL_MS).count++
    const [eldest] = this.#failures.keys()
    if (this.#failures.size > NAMES_MAX && eldest !== undefined) this.#failures.delete(eldest)
  }

  succeeded(user: string): void {
    const failures = this.#failures.get(user)
    this.#all.count = Math.max(0, this.#all.count - 1)
    if (failures === undefined) return
    failures.count--
    if (failures.count <= 0) this.#failures.delete(user)
  }
}

function forgive(failures: Failures, now: number, ms: number): Failures {
  const forgiven = Math.floor((now - failures.at) / ms)
  if (forgiven > 0) {
    failures.count = Math.max(0, failures.count - forgiven)
    failures.at = failures.count === 0 ? now : failures.at + forgiven * ms
  }
  return failures
}
