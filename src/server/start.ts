import { LamportClock } from '../clocks/index.ts'
import type { Store } from '../store/index.ts'

/** A new incarnation, above all that this disk knows of this name; remembered there. `wallMs` is the machine's time. */
export function takeIncarnation(store: Store, wallMs: number): number {
  const incarnation = Math.max(Math.floor(wallMs), store.memory.incarnation + 1)
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
