/** Who connected, or whom it connected to. */
export type Side = 'client' | 'server'

/** What one side said until the other one spoke. */
export interface Turn {
  readonly side: Side
  readonly bytes: Buffer
}

/** The signature, version, mechanism and role with which each side of a ZMTP connection begins. */
export const GREETING_BYTES = 64

/** All that passed on one connection, in its order. */
export class Recording {
  readonly #turns: { readonly side: Side; readonly chunks: Buffer[] }[] = []
  readonly #write: (to: Side, bytes: Buffer) => void
  #isLive = true

  /** @param write says something to one side on this very connection */
  constructor(write: (to: Side, bytes: Buffer) => void) {
    this.#write = write
  }

  get turns(): readonly Turn[] {
    return this.#turns.map(({ side, chunks }) => ({ side, bytes: Buffer.concat(chunks) }))
  }

  /** Whether the connection is there still. */
  get isLive(): boolean {
    return this.#isLive
  }

  add(side: Side, bytes: Buffer): void {
    const last = this.#turns.at(-1)
    if (last?.side === side) last.chunks.push(bytes)
    else this.#turns.push({ side, chunks: [bytes] })
  }

  end(): void {
    this.#isLive = false
  }

  /** All that a side said. */
  saidBy(side: Side): Buffer {
    return Buffer.concat(this.turns.flatMap((turn) => (turn.side === side ? [turn.bytes] : [])))
  }

  /** What the client said when its handshake was over. */
  get afterHandshake(): Buffer {
    const said = this.saidBy('client')
    let end = GREETING_BYTES
    for (const frame of framesOf(said)) {
      end += frame.byteLength
      if (commandOf(frame) === 'INITIATE') return said.subarray(end)
    }
    throw new Error('There was no handshake')
  }

  /** Says once more to one side, on this very connection, what the other said last. */
  repeatLast(to: Side): void {
    const last = this.turns.findLast(({ side }) => side !== to)
    if (last !== undefined) this.#write(to, last.bytes)
  }
}

/** The names of the commands that one side of a connection with CURVE said; each of its messages is one called MESSAGE. */
export function commandsIn(said: Buffer): string[] {
  return framesOf(said).map(commandOf)
}

/** The whole frames after a greeting, each with its head. */
function framesOf(said: Buffer): Buffer[] {
  const frames: Buffer[] = []
  for (let at = GREETING_BYTES; at + 2 <= said.byteLength; ) {
    const isLong = ((said[at] as number) & 2) !== 0
    const head = isLong ? 9 : 2
    if (at + head > said.byteLength) break
    const body = isLong ? Number(said.readBigUInt64BE(at + 1)) : (said[at + 1] as number)
    const end = at + head + body
    if (end > said.byteLength) break
    frames.push(said.subarray(at, end))
    at = end
  }
  return frames
}

function commandOf(frame: Buffer): string {
  const head = ((frame[0] as number) & 2) !== 0 ? 9 : 2
  const length = frame[head] ?? 0
  return frame.toString('latin1', head + 1, head + 1 + length)
}
