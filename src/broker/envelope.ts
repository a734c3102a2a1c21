import { CLIENT_LIMITS, RecadoError } from '../wire/index.ts'

/** Frames before the empty one, and their bytes: names of up to 255 bytes that as many ROUTERs on the way put there. */
const FRAMES_MAX = 4
const BYTES_MAX = 1024

/**
 * Where the empty frame stands that ends the envelope, -1 if there is none, undefined if the envelope is more than is kept
 * with each body and sent back with its answer.
 */
export function delimiterOf(frames: readonly Uint8Array[]): number | undefined {
  let bytes = 0
  for (let index = 0; index < frames.length; index++) {
    const { byteLength } = frames[index] as Uint8Array
    if (byteLength === 0) return index
    bytes += byteLength
    // Without an empty frame nothing is kept, and there may be an answer.
    if (index === FRAMES_MAX || bytes > BYTES_MAX) break
  }
  return frames.some(({ byteLength }) => byteLength === 0) ? undefined : -1
}

/** Why these frames, with the empty one there, are no request that may be passed on. */
export function objectionTo(frames: readonly Uint8Array[], delimiter: number): RecadoError | undefined {
  if (delimiter === -1 || frames.length !== delimiter + 2) {
    const what =
      'A request is an empty frame and one body; use a REQ socket, or a DEALER that sends the empty frame'
    return new RecadoError('bad_request', what)
  }
  const size = frames[delimiter + 1]?.byteLength ?? 0
  if (size <= CLIENT_LIMITS.frameBytes) return undefined
  return new RecadoError(
    'too_large',
    `The request has ${size} bytes, ${CLIENT_LIMITS.frameBytes} are allowed`,
  )
}
