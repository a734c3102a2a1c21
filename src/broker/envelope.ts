import { CLIENT_LIMITS, objectionToLength, RecadoError } from '../wire/index.ts'

/** Frames before the empty one, and their bytes: names of up to 255 bytes that as many ROUTERs on the way put there. */
const FRAMES_MAX = 4
const BYTES_MAX = 1024
/** A frame takes some 5 µs, in ZeroMQ and until it is a buffer here: 1 MB takes a ms. */
const FRAME_WEIGHT = 5000

/** What a client's message holds, and why it may not be passed on. */
export interface Read {
  readonly envelope: readonly Uint8Array[]
  readonly bytes: Uint8Array
  /** All frames behind the envelope: more than the body in what is no request. */
  readonly rest: readonly Uint8Array[]
  readonly objection: RecadoError | undefined
}

/** Undefined when the envelope is more than is kept with each body and sent back with its answer. */
export function readMessage(frames: readonly Uint8Array[]): Read | undefined {
  const delimiter = delimiterOf(frames)
  if (delimiter === undefined) return undefined
  const rest = frames.slice(delimiter + 1)
  return {
    envelope: frames.slice(0, delimiter + 1),
    bytes: rest[0] ?? new Uint8Array(),
    rest,
    objection: objectionTo(frames, delimiter),
  }
}

/**
 * Where the empty frame stands that ends the envelope, -1 if there is none, undefined if the envelope is too much.
 */
function delimiterOf(frames: readonly Uint8Array[]): number | undefined {
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
function objectionTo(frames: readonly Uint8Array[], delimiter: number): RecadoError | undefined {
  if (delimiter === -1 || frames.length !== delimiter + 2) {
    const what =
      'A request is an empty frame and one body; use a REQ socket, or a DEALER that sends the empty frame'
    return new RecadoError('bad_request', what)
  }
  const body = frames[delimiter + 1] as Uint8Array
  const size = body.byteLength
  if (size <= CLIENT_LIMITS.frameBytes) return objectionToLength(body)
  return new RecadoError(
    'too_large',
    `The request has ${size} bytes, ${CLIENT_LIMITS.frameBytes} are allowed`,
  )
}

/** What a message costs on its way here, in bytes: each frame beyond an empty one and a body takes as long as so many. */
export function weightOf(frames: readonly Uint8Array[]): number {
  const more = Math.max(0, frames.length - 2) * FRAME_WEIGHT
  return frames.reduce((sum, { byteLength }) => sum + byteLength, more)
}
