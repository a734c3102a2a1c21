import type { Timers } from '../ports/index.ts'

/** What runs on a lane. */
export interface Task {
  /** Whether the next on its lane may run. `Lanes.released` is told when it becomes true. */
  readonly released: boolean
  begin(): void
}

/** Lets all that waits in other lanes have its turn of the loop before the next on this one. */
export class Breath implements Task {
  released = false
  readonly #lanes: Lanes
  readonly #lane: string
  readonly #timers: Timers
  readonly #over: () => void

  /** `over` is called before it goes on. */
  constructor(lanes: Lanes, lane: string, timers: Timers, over: () => void) {
    this.#lanes = lanes
    this.#lane = lane
    this.#timers = timers
    this.#over = over
  }

  begin(): void {
    this.#timers.soon(() => {
      this.#over()
      this.released = true
      this.#lanes.released(this.#lane, this)
    })
  }
}

interface Held {
  /** The task that holds the lane; undefined while one is being begun. */
  by: Task | undefined
  readonly behind: Task[]
}

/**
 * Keeps each connection's requests in their order: one that cannot be accepted or refused at once holds back those
 * behind it. Bounded by what the broker may have outstanding.
 */
export class Lanes {
  /** A lane is here while its first task is under way. */
  readonly #held = new Map<string, Held>()

  /** Begins the task now, or when those before it on this lane have been released. */
  run(lane: string, task: Task): void {
    const held = this.#held.get(lane)
    if (held === undefined) this.#begin(lane, task)
    else held.behind.push(task)
  }

  /** To be told once of each task that has been released, and may be while it is begun. */
  released(lane: string, task: Task): void {
    const held = this.#held.get(lane)
    if (held?.by !== task) return
    held.by = undefined
    this.#begin(lane, held.behind.shift())
  }

  #begin(lane: string, first: Task | undefined): void {
    let task = first
    while (task !== undefined) {
      task.begin()
      const held = this.#held.get(lane)
      if (!task.released) {
        if (held === undefined) this.#held.set(lane, { by: task, behind: [] })
        else held.by = task
        return
      }
      if (held === undefined) return
      task = held.behind.shift()
    }
    this.#held.delete(lane)
  }
}
