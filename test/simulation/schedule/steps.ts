import type { Stage } from '../stage.ts'

/** One thing that happens at its time. */
export interface Step {
  /** Virtual ms from the beginning of the faults. */
  readonly at: number
  readonly text: string
  /** Whether it can be done now without breaking what the promises rest on. */
  readonly can?: (stage: Stage) => boolean
  readonly run: (stage: Stage) => void
}
