/** More frames than this are no message of ours: what has more is dropped. */
const FRAMES_MAX = 16

interface Receiving {
  receive(): Promise<Buffer[]>
  readonly closed: boolean
}

/** Hands on every message until the socket is closed. */
export function listen(socket: Receiving, handle: (frames: Buffer[]) => void): void {
  const run = async (): Promise<void> => {
    // The socket itself lets others have their turn after some hundred messages.
    while (!socket.closed) {
      const frames = await socket.receive()
      if (frames.length <= FRAMES_MAX) handle(frames)
    }
  }
  run().catch((error: unknown) => {
    // A receive that is under way when its socket is closed ends with an error; any other is a fault of ours.
    if (!socket.closed) throw error
  })
}
