import * as zmq from 'zeromq'
import type { Dealer, Publisher, Router, Subscriber } from '../../ports/index.ts'
import { PEER_LIMITS, RecadoError } from '../../wire/index.ts'
import { Outgoing } from './outgoing.ts'

// Nothing that is still queued may hold up a process's end.
zmq.context.blocky = false

const LINGER_MS = 500
const RECONNECT_MS = 100
const RECONNECT_MAX_MS = 2000
/** TCP alone notices a vanished machine too late. */
const HEARTBEAT_MS = 1000
const HEARTBEAT_TIMEOUT_MS = 3000
/** A stranger that connects and says nothing is cut off. */
const HANDSHAKE_MS = 3000
/** Messages that may wait for one peer inside a socket. */
export const HIGH_WATER_MARK = 10_000
/** More frames than this are no message of ours. */
const FRAMES_MAX = 16

export interface BindOptions {
  readonly host: string
  /** 0 for any free one. */
  readonly port: number
  /** A peer that sends a larger frame is cut off. */
  readonly maxFrameBytes?: number
  /** Messages that may wait for one peer; those beyond it are dropped, that peer's alone. */
  readonly peerQueue?: number
}

/** @throws RecadoError `port_in_use`, `bad_option` when the address is not this machine's */
export async function openRouter(options: BindOptions): Promise<Router> {
  const socket = new zmq.Router({
    ...bound(options),
    sendHighWaterMark: options.peerQueue ?? HIGH_WATER_MARK,
    receiveHighWaterMark: HIGH_WATER_MARK,
    mandatory: false,
    sendTimeout: 0,
  })
  const port = await bind(socket, options)
  const outgoing = new Outgoing((frames) => socket.send(frames as Buffer[]), ignore)
  return {
    port,
    send(to, frames) {
      return outgoing.add([Buffer.from(to, 'latin1'), ...frames])
    },
    receive(handler) {
      listen(socket, (frames) => {
        const [from, ...rest] = frames
        if (from !== undefined && rest.length > 0) handler(from.toString('latin1'), rest)
      })
    },
    async close() {
      outgoing.close()
      socket.close()
    },
  }
}

export function openDealer(address: string): Dealer {
  const socket = new zmq.Dealer({
    ...connecting(),
    sendHighWaterMark: HIGH_WATER_MARK,
    receiveHighWaterMark: HIGH_WATER_MARK,
    immediate: true,
  })
  socket.connect(address)
  const outgoing = new Outgoing((frames) => socket.send(frames as Buffer[]), ignore)
  return {
    send: (frames) => outgoing.add(frames),
    receive(handler) {
      listen(socket, handler)
    },
    async close() {
      outgoing.close()
      socket.close()
    },
  }
}

export function openPublisher(address: string): Publisher {
  const socket = new zmq.Publisher({ ...connecting(), linger: 0, sendHighWaterMark: HIGH_WATER_MARK })
  socket.connect(address)
  const outgoing = new Outgoing((frames) => socket.send(frames as Buffer[]), ignore)
  return {
    send(topic, body) {
      outgoing.add([Buffer.from(topic), body])
    },
    async close() {
      outgoing.close()
      socket.close()
    },
  }
}

export function openSubscriber(address: string): Subscriber {
  const socket = new zmq.Subscriber({ ...connecting(), linger: 0, receiveHighWaterMark: HIGH_WATER_MARK })
  const topics = new Set<string>()
  socket.connect(address)
  return {
    subscribe(topic) {
      topics.add(topic)
      socket.subscribe(topic)
    },
    unsubscribe(topic) {
      topics.delete(topic)
      socket.unsubscribe(topic)
    },
    receive(handler) {
      listen(socket, (frames) => {
        const topic = frames[0]?.toString() ?? ''
        // Sockets match beginnings of topics; whoever subscribed meant this one.
        if (frames.length === 2 && topics.has(topic)) handler(topic, frames[1] as Buffer)
      })
    },
    async close() {
      socket.close()
    },
  }
}

/** Options of a socket that strangers connect to. */
export function bound(options: BindOptions) {
  return {
    linger: LINGER_MS,
    maxMessageSize: options.maxFrameBytes ?? PEER_LIMITS.frameBytes,
    handshakeInterval: HANDSHAKE_MS,
    tcpKeepalive: 1,
    heartbeatInterval: HEARTBEAT_MS,
    heartbeatTimeout: HEARTBEAT_TIMEOUT_MS,
  }
}

/** Binds and tells the port. @throws RecadoError `port_in_use`, `bad_option` */
export async function bind(
  socket: { bind(address: string): Promise<void>; close(): void; readonly lastEndpoint: string | null },
  { host, port }: BindOptions,
): Promise<number> {
  const address = `tcp://${host.includes(':') ? `[${host}]` : host}:${port === 0 ? '*' : port}`
  try {
    await socket.bind(address)
  } catch (error) {
    socket.close()
    const code = (error as { code?: unknown }).code
    if (code === 'EADDRINUSE') {
      throw new RecadoError(
        'port_in_use',
        `Port ${port} at ${host} is in use by another process; choose another`,
        {
          cause: error,
        },
      )
    }
    throw new RecadoError(
      'bad_option',
      `Cannot listen at ${address}: ${String(code)}; is it this machine's?`,
      {
        cause: error,
      },
    )
  }
  return Number(/:(\d+)$/.exec(socket.lastEndpoint ?? '')?.[1] ?? port)
}

function connecting() {
  return {
    linger: LINGER_MS,
    maxMessageSize: PEER_LIMITS.frameBytes,
    reconnectInterval: RECONNECT_MS,
    reconnectMaxInterval: RECONNECT_MAX_MS,
    heartbeatInterval: HEARTBEAT_MS,
    heartbeatTimeout: HEARTBEAT_TIMEOUT_MS,
    tcpKeepalive: 1,
  }
}

/** Hands on every message until the socket is closed. */
function listen(
  socket: { receive(): Promise<Buffer[]>; readonly closed: boolean },
  handle: (frames: Buffer[]) => void,
): void {
  const run = async (): Promise<void> => {
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

/** What a socket cannot send is lost, as anything on its way may be: who needs an answer asks again. */
function ignore(): void {}
