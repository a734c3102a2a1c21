/**
 * Keeps each connection's requests in their order: one that cannot be accepted or refused at once holds back those
 * behind it. Bounded by what the broker may have outstanding.
 */
export class Lanes {
  /** A lane is here while its first task is under way. */
  readonly #held = new Map<string, ((release: () => void) => void)[]>()

  /** Runs the task now, or when those before it on this lane have released it. It must call `release` once. */
  run(lane: string, task: (release: () => void) => void): void {
    const queue = this.#held.get(lane)
    if (queue === undefined) this.#begin(lane, task)
    else queue.push(task)
  }

  #begin(lane: string, first: (release: () => void) => void): void {
    let task: ((release: () => void) => void) | undefined = first
    while (task !== undefined) {
      let released = false
      let held = false
      task(() => {
        if (released) return
        released = true
        if (held) this.#next(lane)
      })
      if (!released) {
        held = true
        if (!this.#held.has(lane)) this.#held.set(lane, [])
        return
      }
      task = this.#held.get(lane)?.shift()
    }
    this.#held.delete(lane)
  }

  #next(lane: string): void {
    const task = this.#held.get(lane)?.shift()
    if (task === undefined) this.#held.delete(lane)
    else this.#begin(lane, task)
  }
}
