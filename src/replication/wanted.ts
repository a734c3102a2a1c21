import type { Log } from '../ports/index.ts'
import type { ServerEntry } from '../wire/index.ts'
import type { Condition } from './identity.ts'

/**
 * Whether ref wants this server, by its last word. One that is not wanted, or was taken off already, accepts nothing more,
 * and nothing at all when it starts again: the others do not count it, so that what it accepts would come late.
 */
export class Wanted {
  readonly #condition: Condition
  readonly #log: Log
  #wanted = true

  constructor(condition: Condition, log: Log) {
    this.#condition = condition
    this.#log = log
  }

  told(state: ServerEntry['state'] | undefined): void {
    if (state === 'leaving' || state === 'removed') this.#wanted = false
    else if (state === 'up' || state === 'joining') this.#wanted = true
  }

  /** Makes the condition follow from what was told; whether that changed it. To be called when it is `up`, too. */
  apply(): boolean {
    const [from, to] = this.#wanted ? (['leaving', 'up'] as const) : (['up', 'leaving'] as const)
    if (this.#condition.state !== from) return false
    this.#condition.state = to
    this.#log.info({}, this.#wanted ? 'Wanted again; accepting goes on' : 'No longer wanted; accepting ends')
    return true
  }
}
