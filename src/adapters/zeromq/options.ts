import * as zmq from 'zeromq'
import type { Guard } from '../../ports/index.ts'
import { PEER_LIMITS, RecadoError } from '../../wire/index.ts'
import { HANDSHAKE_MS } from './comings.ts'
import { type BindingSocket, type Held, holdBound } from './secured.ts'

// Nothing that is still queued may hold up a process's end.
zmq.context.blocky = false

const LINGER_MS = 500
const RECONNECT_MS = 100
const RECONNECT_MAX_MS = 1000
const CONNECT_MS = 3000
/** TCP alone notices a vanished machine too late: this does within their sum. Each heartbeat wakes both sides. */
const HEARTBEAT_MS = 1500
const HEARTBEAT_TIMEOUT_MS = 2500
/** Data that is not taken for so long was sent over a connection that is gone. */
const RETRANSMIT_MS = 3000
/** Others' clients get more time: some do not reconnect, and a busy machine answers late. */
const STRANGER_KEEPALIVE_S = 5
const STRANGER_TIMEOUT_MS = 30_000
/** Strangers that come at once wait here for the listener, not their turn to try again. */
const BACKLOG = 1024
/** Messages that may wait for one peer inside a socket. */
export const HIGH_WATER_MARK = 10_000

export interface BindOptions {
  readonly host: string
  /** 0 for any free one. */
  readonly port: number
  /** A peer that sends a larger frame is cut off. */
  readonly maxFrameBytes?: number
  /** Messages that may wait for one peer, 32 MiB of them; those beyond it are dropped, that peer's alone. */
  readonly peerQueue?: number
  /** With `peerQueue`: one was dropped. */
  readonly dropped?: () => void
  /** Messages of one peer that may wait to be taken; beyond it the peer waits. */
  readonly peerReceiveQueue?: number
  /** In secured mode: who may connect. */
  readonly guard?: Guard | undefined
}

/**
 * Options of a socket that strangers connect to. It sends no heartbeats of ZMTP: where one is due on a connection that is
 * over, and of which something waits to be read, libzmq ends the process, and who connects can bring that about. TCP finds
 * those that are gone, or read nothing, as well.
 */
export function bound({ host, maxFrameBytes = PEER_LIMITS.frameBytes }: BindOptions) {
  return {
    linger: LINGER_MS,
    ipv6: host.includes(':'),
    maxMessageSize: maxFrameBytes,
    handshakeInterval: HANDSHAKE_MS,
    backlog: BACKLOG,
    tcpKeepalive: 1,
    tcpKeepaliveIdle: STRANGER_KEEPALIVE_S,
    tcpKeepaliveInterval: STRANGER_KEEPALIVE_S,
    tcpKeepaliveCount: STRANGER_TIMEOUT_MS / 1000 / STRANGER_KEEPALIVE_S,
    tcpMaxRetransmitTimeout: STRANGER_TIMEOUT_MS,
  }
}

/** Options of a socket that connects to this address. */
export function connecting(address: string) {
  return {
    linger: LINGER_MS,
    ipv6: address.includes('['),
    maxMessageSize: PEER_LIMITS.frameBytes,
    connectTimeout: CONNECT_MS,
    reconnectInterval: RECONNECT_MS,
    reconnectMaxInterval: RECONNECT_MAX_MS,
    tcpKeepalive: 1,
    heartbeatInterval: HEARTBEAT_MS,
    heartbeatTimeout: HEARTBEAT_TIMEOUT_MS,
    // Where only one way is cut the other side's heartbeats still come, and TCP would wait ever longer to try again.
    tcpMaxRetransmitTimeout: RETRANSMIT_MS,
  }
}

/**
 * Holds a bound socket.
 * @param make a socket with these options besides its own
 * @param opened a socket is bound and shall be listened to
 * @throws RecadoError `port_in_use`, `bad_option`
 */
export async function bind<Socket extends BindingSocket>(
  { host, port, guard }: BindOptions,
  make: (options: object) => Socket,
  opened: (socket: Socket) => void,
): Promise<Held<Socket> & { readonly port: number }> {
  const address = `tcp://${host.includes(':') ? `[${host}]` : host}:${port === 0 ? '*' : port}`
  try {
    const held = await holdBound(address, guard, make, opened)
    const found = Number(/:(\d+)$/.exec(held.place)?.[1] ?? port)
    return Object.assign(held, { port: found })
  } catch (cause) {
    const code = (cause as { code?: unknown }).code
    if (code === 'EADDRINUSE') {
      const what = `Port ${port} at ${host} is in use by another process; choose another`
      throw new RecadoError('port_in_use', what, { cause })
    }
    const what = `Cannot listen at ${address}: ${String(code)}; is it this machine's?`
    throw new RecadoError('bad_option', what, { cause })
  }
}
