/** Sockets as the adapters give them. Frames received may be views into larger buffers; frames sent must not change. */
type Frames = readonly Uint8Array[]

interface Socket {
  close(): Promise<void>
}

/** Bound; speaks with many peers, each known by a connection's name that the socket made up. */
export interface Router extends Socket {
  send(to: string, frames: Frames): boolean
  /**
   * `rest`, if given, is asked after each message for how many ms nothing more shall be taken. `gone` is told, where the
   * library can tell it, that a connection has ended, before another can come under its name.
   */
  receive(
    handler: (from: string, frames: Uint8Array[]) => void,
    rest?: () => number,
    gone?: (from: string) => void,
  ): void
  readonly port: number
  /** Whether it may have what has not been handed on yet. To be asked twice, some turns of the loop apart: once it may err. */
  readonly unread: boolean
}

/** Connected to one address. */
export interface Dealer extends Socket {
  send(frames: Frames): boolean
  receive(handler: (frames: Uint8Array[]) => void): void
  /** Calls back when a connection takes the place of one that was lost, with what was under way, or comes late. */
  onReconnect?(callback: () => void): void
}

/** Connected to proxies; one that is slow or away loses what is sent meanwhile. */
export interface Publisher extends Socket {
  send(topic: string, body: Uint8Array): void
}

export interface Subscriber extends Socket {
  subscribe(topic: string): void
  unsubscribe(topic: string): void
  receive(handler: (topic: string, body: Uint8Array) => void): void
  /** Calls back whenever it is connected, for the first time and again: what was published before is not to come. */
  onConnect?(callback: () => void): void
}
