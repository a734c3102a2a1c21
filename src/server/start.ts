import { LamportClock } from '../clocks/index.ts'
import type { Chance } from '../ports/index.ts'
import type { Store } from '../store/index.ts'

/** Where the machine's time is behind, incarnations go on by up to so many. */
const LEAP = 10_000

/**
 * A new incarnation, above all that this disk knows of this name; remembered there. `wallMs` is the machine's time. If that is
 * behind, two lives that begin with copies of one disk would both take the next number, and be taken for one by those who
 * heard the first: so it is any of the next ones. Who takes a lower one than others know hears of that.
 */
export function takeIncarnation(store: Store, wallMs: number, chance: Chance): number {
  const [now, lowest] = [Math.floor(wallMs), store.memory.incarnation + 1]
  const incarnation = now >= lowest ? now : lowest + Math.floor(chance.next() * LEAP)
  store.remember({ incarnation })
  return incarnation
}

/** The clock of a start: above every clock that a former life of this server may have shown. */
export function startClock(store: Store): LamportClock {
  return new LamportClock({
    start: Math.max(store.memory.lease, store.highestClock),
    lease: { extend: (upTo, done) => store.remember({ lease: upTo }, done) },
  })
}
