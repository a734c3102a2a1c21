import { systemTimers } from './time.ts'

/** Between two looks at the loop: each wakes an idle process. */
const SAMPLE_MS = 1000
/** Looks of which the middle one counts. */
const SAMPLES = 9

export interface LoopWatch {
  /** How long the loop's turns typically took of late, in ms: so long whatever comes waits. */
  readonly lateMs: () => number
  readonly stop: () => void
}

/** Looks at one turn of the loop each second. */
export function watchLoop(): LoopWatch {
  const turns: number[] = []
  const stop = systemTimers.every(SAMPLE_MS, () => {
    // From the end of one turn to the end of the next.
    setImmediate(() => {
      const began = performance.now()
      setImmediate(() => {
        turns.push(performance.now() - began)
        if (turns.length > SAMPLES) turns.shift()
      })
    })
  })
  return {
    lateMs: () => turns.toSorted((a, b) => a - b)[Math.floor((turns.length - 1) / 2)] ?? 0,
    stop,
  }
}
