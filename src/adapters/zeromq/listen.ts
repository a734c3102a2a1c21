/** A turn ends after so many messages or so many ms: then whoever else waits in this process has its turn. */
const TURN_MESSAGES = 64
const TURN_MS = 1

interface Receiving {
  receive(): Promise<Buffer[]>
  readonly closed: boolean
}

/** What is known of what waits in a socket. */
export interface Unread {
  /** False while a message is waited for: the socket is empty, or it is that one in some hundreds which it gives a turn later. */
  any: boolean
}

/**
 * Hands on every message until the socket is closed, in turns: by itself the socket lets others wait until some hundred
 * messages are done. `rest` is asked after each message for how many ms nothing more shall be taken; a turn ends where it does.
 */
export function listen(
  socket: Receiving,
  handle: (frames: Buffer[]) => void,
  rest?: () => number,
  unread?: Unread,
): void {
  const run = async (): Promise<void> => {
    while (!socket.closed) {
      await pause(await takeTurn(socket, handle, rest, unread))
    }
  }
  run().catch((error: unknown) => {
    // A receive that is under way when its socket is closed ends with an error; any other is a fault of ours.
    if (!socket.closed) throw error
  })
}

async function takeTurn(
  socket: Receiving,
  handle: (frames: Buffer[]) => void,
  rest: (() => number) | undefined,
  unread: Unread | undefined,
): Promise<number> {
  let until = Number.POSITIVE_INFINITY
  for (let taken = 0; taken < TURN_MESSAGES && !socket.closed; taken++) {
    if (unread !== undefined) unread.any = false
    const frames = await socket.receive()
    if (unread !== undefined) unread.any = true
    // The turn begins when there is something to take.
    if (taken === 0) until = performance.now() + TURN_MS
    handle(frames)
    const ms = rest?.() ?? 0
    if (ms > 0 || performance.now() >= until) return ms
  }
  return 0
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    if (ms > 0) setTimeout(resolve, ms)
    else setImmediate(resolve)
  })
}

/** One handler for all the sockets that take each other's place. */
export class Ear<Socket extends Receiving> {
  #handle: ((frames: Buffer[]) => void) | undefined
  #rest: (() => number) | undefined
  readonly #unread: Unread | undefined

  /** `unread`: to be kept up to date. */
  constructor(unread?: Unread) {
    this.#unread = unread
  }

  /** A socket has been opened: it is listened to, if anybody listens yet. */
  readonly opened = (socket: Socket): void => {
    if (this.#handle !== undefined) listen(socket, this.#handle, this.#rest, this.#unread)
  }

  /** Listens to the socket that is there, and to all that follow it. */
  hear(socket: Socket, handle: (frames: Buffer[]) => void, rest?: () => number): void {
    this.#handle = handle
    this.#rest = rest
    this.opened(socket)
  }
}
