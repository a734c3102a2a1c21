import type { Chance } from '../../src/ports/index.ts'
import type { Need } from './needs.ts'
import type { Stage } from './stage.ts'

/** One thing that is done to the system, or a time for which it is left alone. */
export interface Step {
  /** As it stands in the table. */
  readonly says: string
  /** A wait is no fault: the time until all is well again counts from the last fault, or from its end. */
  readonly isWait?: boolean
  do(stage: Stage): Promise<void> | void
}

/** What holds for all scenarios of a run. */
export interface Conditions {
  /** Decides where damage comes, and whom faults strike that are drawn. */
  readonly seed: number
  /** Whether the systems run in secured mode. */
  readonly secured: boolean
}

/** How the system of a scenario differs from three servers on one machine. */
export interface Setting {
  /** A network namespace for each process. */
  readonly network?: boolean
  /** More settings of a process. */
  readonly environment?: (name: string) => Readonly<Record<string, string>>
  /** Processes on a small disk of their own, by name. */
  readonly smallDisks?: readonly string[]
  /** Processes whose clock can be stepped. */
  readonly clocks?: readonly string[]
}

/** What a process logs, or how it ends by itself, when it meets damage. */
export interface Notice {
  readonly by: string
  readonly as: RegExp
}

/** A fault, or several, and what must hold while and after it happens. */
export interface Scenario {
  readonly name: string
  /** Or what draws them: the same seed gives the same. */
  readonly steps: readonly Step[] | ((chance: Chance) => readonly Step[])
  /** Stands in the table where the steps are too many, or drawn. */
  readonly summary?: string
  readonly setting?: Setting
  /**
   * Whether only one server at a time is struck, in a way that the others notice, and counts again before the next is: then
   * no client may be without an acknowledgement for 3 s.
   */
  readonly oneServer?: boolean
  /** Processes that may end by themselves, by name: they are started again. No other may. */
  readonly mayEnd?: readonly string[]
  /** What must be said of the damage, and by whom: else it has struck nothing. */
  readonly notices?: readonly Notice[]
  /** Whether `npm test` runs it too. */
  readonly short?: boolean
  /** Whether `npm test` runs it in secured mode too. */
  readonly shortSecured?: boolean
}

export interface Group {
  readonly title: string
  readonly needs: readonly Need[]
  readonly scenarios: readonly Scenario[]
}
