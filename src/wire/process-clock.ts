import { isAbsurdClock } from './client-clock.ts'
import { RecadoError } from './errors.ts'

/**
 * How much more than a client's a process's clock may be. What one process took of a client, by its own time, all others must
 * take of it: whoever's time is behind could else hear nobody, nor have his time corrected, were it that of 1970.
 */
const ROOM = 2 ** 52

/** Whether a clock that a process of ours sent is above both the own one and 2^52 more than 1,000 times the time in ms. */
export function isAbsurdProcessClock(clock: number, ownClock: number, nowMs: number): boolean {
  return isAbsurdClock(clock - ROOM, ownClock - ROOM, nowMs)
}

/**
 * Keeps what is no process of ours from driving everyone's clock towards 2^53.
 * @throws RecadoError `bad_request` when it is absurdly far ahead
 */
export function checkProcessClock(clock: number, ownClock: number, nowMs: number): void {
  if (!isAbsurdProcessClock(clock, ownClock, nowMs)) return
  throw new RecadoError('bad_request', `The clock ${clock} is absurdly far ahead`)
}
