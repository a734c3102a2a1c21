import type { Stage } from '../stage.ts'
import type { Dice } from './dice.ts'
import type { Profile } from './profile.ts'

/** One thing that happens at its time. */
export interface Step {
  /** Virtual ms from the beginning of the faults. */
  readonly at: number
  readonly text: string
  /** Whom it happens to: it is left out while there is nobody of that name yet. */
  readonly who?: string
  /** Whether it can be done now without breaking what the promises rest on. */
  readonly can?: (stage: Stage) => boolean
  readonly run: (stage: Stage) => void
}

/** What a fault may touch, by name. */
export interface Cast {
  /** Servers, and where any is added the first that may be: it is struck like the others once it is there. */
  readonly servers: readonly string[]
  readonly services: readonly string[]
  readonly clients: readonly string[]
  readonly profile: Profile
}

/** Makes the steps of one fault that begins at a time. */
export type Fault = (at: number, dice: Dice, cast: Cast) => Step[]
