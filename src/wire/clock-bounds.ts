import { RecadoError } from './errors.ts'

/** A clock that is above this many times the time in ms has not been counted up by honest sends. */
const CLOCKS_PER_MS = 1000
/**
 * How far one process's time may be behind another's. What one took of a client, by its own time, the others must take of it:
 * else one request with the highest clock that is allowed would keep out who is a little late.
 */
const TIMES_APART_MS = 60_000
/** No time is before this was written, 1 January 2026, whatever a machine says that has just started. */
const EARLIEST_MS = 1_767_225_600_000
/** An honest client's next clock is so much above the last answer's: one for its receipt, one for the send. */
const SENDS_AHEAD = 2

/**
 * Keeps a client from driving everyone's clock towards 2^53.
 * @throws RecadoError `bad_request` when the client's clock is above both the server's own and 1,000 times its time in ms;
 *   `retryable` when another server, whose time is ahead of this one's, may have taken it
 */
export function checkClientClock(clientClock: number, ownClock: number, nowMs: number): void {
  if (clientClock <= ownClock + SENDS_AHEAD || clientClock <= highestClockAt(nowMs)) return
  if (clientClock <= highestClockAt(nowMs + TIMES_APART_MS)) {
    const what = `The clock ${clientClock} is ahead of what this server's time allows; try again`
    throw new RecadoError('bad_request', what, { retryable: true })
  }
  throw new RecadoError(
    'bad_request',
    `The clock ${clientClock} is absurdly far ahead; take the clocks of the replies and add one for each send`,
  )
}

/**
 * Keeps what is no process of ours from driving everyone's clock towards 2^53.
 * @throws RecadoError `bad_request` when the clock is absurd
 */
export function checkProcessClock(clock: number, ownClock: number, nowMs: number): void {
  if (!isAbsurdClock(clock, ownClock, nowMs)) return
  throw new RecadoError('bad_request', `The clock ${clock} is absurdly far ahead`)
}

/** Whether a clock that a process of ours shows is higher than any that one may have counted up to, or taken of a client. */
export function isAbsurdClock(clock: number, ownClock: number, nowMs: number): boolean {
  return clock > ownClock && clock > highestClockAt(Math.max(nowMs, EARLIEST_MS) + TIMES_APART_MS)
}

/** Up to which clocks of clients are taken at that time. */
export function highestClockAt(nowMs: number): number {
  return nowMs * CLOCKS_PER_MS
}
