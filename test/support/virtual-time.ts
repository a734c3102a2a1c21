import type { Cancel, Chance, Time, Timers } from '../../src/ports/index.ts'

/** A seeded source of chance (mulberry32): the same seed gives the same numbers. */
export function seededChance(seed: number): Chance {
  let state = seed >>> 0
  return {
    next() {
      state = (state + 0x6d2b79f5) >>> 0
      let mixed = Math.imul(state ^ (state >>> 15), state | 1)
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
    },
  }
}

interface Event {
  at: number
  order: number
  run: () => void
  cancelled: boolean
}

/** More than the longest chain of promises that one event sets going. */
const PROMISE_TURNS = 24
const TURN = Promise.resolve()

/** Time that passes only when asked to: events run in the order of their times, ties in the order of their making. */
export class VirtualTime {
  /** Set by whoever ran something that uses promises: they take their turns before the next event of `advance`. */
  promises = false
  #now = 0
  #order = 0
  readonly #heap: Event[] = []

  /** Milliseconds since the beginning. */
  get now(): number {
    return this.#now
  }

  schedule(afterMs: number, run: () => void): Cancel {
    return this.scheduleAt(this.#now + Math.max(0, afterMs), run)
  }

  /** At this very moment: two events of one moment keep their order, and a moment that was computed anew may be another. */
  scheduleAt(at: number, run: () => void): Cancel {
    const event: Event = { at: Math.max(this.#now, at), order: this.#order++, run, cancelled: false }
    this.#push(event)
    return () => {
      event.cancelled = true
    }
  }

  /** Runs the next event; false when there is none at or before `until`. */
  step(until = Number.POSITIVE_INFINITY): boolean {
    for (;;) {
      const next = this.#heap[0]
      if (next === undefined || next.at > until) return false
      this.#pop()
      if (next.cancelled) continue
      this.#now = Math.max(this.#now, next.at)
      next.run()
      return true
    }
  }

  /** Runs all events of the next `ms`. */
  run(ms: number): void {
    const until = this.#now + ms
    while (this.step(until)) {
      // Each step is one event.
    }
    this.#now = until
  }

  /** Like `run`, and lets promises take their turns between events. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms
    while (this.step(end)) {
      if (this.promises) {
        this.promises = false
        for (let turn = 0; turn < PROMISE_TURNS; turn++) await TURN
      }
    }
    this.#now = end
  }

  /** Lets all promises take their turns, however many they need. */
  async drain(): Promise<void> {
    await new Promise((resolve) => {
      setImmediate(resolve)
    })
  }

  /** The clocks and timers of one process: its wall clock set apart by `offsetMs` and drifting. */
  process(options: { offsetMs?: number; driftPpm?: number; epochMs?: number } = {}): ProcessTime {
    return new ProcessTime(this, options)
  }

  #push(event: Event): void {
    const heap = this.#heap
    let at = heap.push(event) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!before(event, heap[parent] as Event)) break
      heap[at] = heap[parent] as Event
      at = parent
    }
    heap[at] = event
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop() as Event
    if (heap.length === 0) return
    let at = 0
    for (;;) {
      let child = at * 2 + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && before(heap[child + 1] as Event, heap[child] as Event)) child++
      if (!before(heap[child] as Event, last)) break
      heap[at] = heap[child] as Event
      at = child
    }
    heap[at] = last
  }
}

function before(a: Event, b: Event): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}

/** One process's time and timers. `stop` ends all its timers, as a crash does; `offsetMs` may be stepped. */
export class ProcessTime implements Time, Timers {
  offsetMs: number
  readonly #world: VirtualTime
  readonly #rate: number
  readonly #epochMs: number
  #stopped = false

  constructor(world: VirtualTime, options: { offsetMs?: number; driftPpm?: number; epochMs?: number }) {
    this.#world = world
    this.offsetMs = options.offsetMs ?? 0
    this.#rate = 1 + (options.driftPpm ?? 0) / 1_000_000
    this.#epochMs = options.epochMs ?? 1_800_000_000_000
  }

  monotonic(): number {
    return this.#world.now * this.#rate
  }

  wall(): number {
    return this.#epochMs + this.#world.now * this.#rate + this.offsetMs
  }

  after(ms: number, callback: () => void): Cancel {
    return this.#world.schedule(ms / this.#rate, () => {
      if (!this.#stopped) callback()
    })
  }

  soon(callback: () => void): void {
    this.after(0, callback)
  }

  every(ms: number, callback: () => void): Cancel {
    const interval = ms / this.#rate
    let ended = false
    const turn = (): void => {
      if (ended || this.#stopped) return
      this.#world.schedule(interval, turn)
      callback()
    }
    this.#world.schedule(interval, turn)
    return () => {
      ended = true
    }
  }

  stop(): void {
    this.#stopped = true
  }
}
