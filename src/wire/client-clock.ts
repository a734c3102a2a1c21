import { RecadoError } from './errors.ts'

/** A clock that is above this many times the time in ms has not been counted up by honest sends. */
const CLOCKS_PER_MS = 1000

/**
 * Keeps a client from driving everyone's clock towards 2^53.
 * @throws RecadoError `bad_request` when the client's clock is above both the server's own and 1,000 times its time in ms
 */
export function checkClientClock(clientClock: number, ownClock: number, nowMs: number): void {
  if (!isAbsurdClock(clientClock, ownClock, nowMs)) return
  throw new RecadoError(
    'bad_request',
    `The clock ${clientClock} is absurdly far ahead; take the clocks of the replies and add one for each send`,
  )
}

/** Whether a received clock is above both the own one and 1,000 times the time in ms. */
export function isAbsurdClock(clock: number, ownClock: number, nowMs: number): boolean {
  return clock > ownClock && clock > highestClockAt(nowMs)
}

/** Up to which clocks of others are taken at that time. */
export function highestClockAt(nowMs: number): number {
  return nowMs * CLOCKS_PER_MS
}
