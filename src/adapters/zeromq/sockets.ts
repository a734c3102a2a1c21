import * as zmq from 'zeromq'
import type { Dealer, Pass, Publisher, Router, Subscriber } from '../../ports/index.ts'
import { Ear, type Unread } from './listen.ts'
import { type BindOptions, bind, bound, connecting, HIGH_WATER_MARK } from './options.ts'
import { KEEP_MS, Outgoing } from './outgoing.ts'
import { PeerQueues } from './peer-queues.ts'
import { holdConnected } from './secured.ts'

/** Messages that may wait for the one peer of a DEALER, besides those in front of the socket. */
const DEALER_QUEUE = 1000

/**
 * With `peerQueue`: messages that the socket itself keeps for one peer, however large they are. With fewer a peer that has
 * hundreds of small ones under way gets them in driblets: with 16 at a third of the rate.
 */
const SOCKET_QUEUE = 32
/** Bytes that may wait for one peer besides those, and for all. */
const PEER_BYTES_MAX = 32 * 1024 * 1024
const ALL_BYTES_MAX = 512 * 1024 * 1024

/**
 * Binds. A message to a peer that is gone, or whose queue is full, is dropped; with `peerQueue` it is kept for a while, within
 * bounds, and what is dropped is told. A name that a peer chose for itself stays with its first connection: another cannot
 * take it over.
 * @throws RecadoError `port_in_use`, `bad_option` when the address is not this machine's
 */
export async function openRouter(options: BindOptions): Promise<Router> {
  const { peerQueue } = options
  const own = {
    ...bound(options),
    sendHighWaterMark: peerQueue === undefined ? HIGH_WATER_MARK : SOCKET_QUEUE,
    receiveHighWaterMark: options.peerReceiveQueue ?? HIGH_WATER_MARK,
    // So that it tells when a peer's queue is full.
    mandatory: peerQueue !== undefined,
    sendTimeout: 0,
  }
  const unread: Unread = { any: false }
  const ear = new Ear<zmq.Router>(unread)
  const held = await bind(options, (secured) => tellingEnds({ ...own, ...secured }), ear.opened)
  const queues =
    peerQueue &&
    new PeerQueues({
      send: (message) => held.current.send(message as Buffer[]),
      most: peerQueue,
      mostBytes: PEER_BYTES_MAX,
      allBytes: ALL_BYTES_MAX,
      dropped: options.dropped ?? (() => {}),
    })
  return {
    port: held.port,
    get unread() {
      return unread.any
    },
    send(to, frames) {
      const message = [Buffer.from(to, 'latin1'), ...frames] as Buffer[]
      if (!queues) return sendNow(held.current, message)
      queues.add(message)
      return true
    },
    receive(handler, rest, gone) {
      const handle = ([from, ...frames]: Buffer[]): void => {
        if (from === undefined || frames.length === 0) return
        const name = from.toString('latin1')
        // A peer that says so itself speaks of nobody but itself.
        if (frames.length !== 1 || frames[0]?.byteLength !== 0) return handler(name, frames)
        if (queues) queues.forget(name)
        gone?.(name)
      }
      ear.hear(held.current, handle, rest)
    },
    async close() {
      if (queues) queues.close()
      held.close()
    },
  }
}

/** ZMQ_ROUTER_NOTIFY and its ZMQ_NOTIFY_DISCONNECT: an empty message from each peer whose connection has ended. */
const [ROUTER_NOTIFY, NOTIFY_DISCONNECT] = [97, 2]

/** A peer may choose for its name one that another had, whom answers are still on their way to. */
function tellingEnds(options: zmq.SocketOptions<zmq.Router>): zmq.Router {
  const router = new zmq.Router(options)
  // It is one of libzmq's drafts, which the packaged builds of zeromq.js contain.
  if (zmq.capability.draft === true) {
    const { setInt32Option } = router as unknown as Record<
      'setInt32Option',
      (id: number, value: number) => void
    >
    setInt32Option.call(router, ROUTER_NOTIFY, NOTIFY_DISCONNECT)
  }
  return router
}

/**
 * Connects, and again when the connection is lost. What cannot be sent within a second is dropped. `pass`, here and
 * below, is what secured mode needs.
 */
export function openDealer(address: string, pass?: Pass): Dealer {
  const own = {
    ...connecting(address),
    sendHighWaterMark: DEALER_QUEUE,
    receiveHighWaterMark: HIGH_WATER_MARK,
    // Nothing is queued for a peer that is not there.
    immediate: true,
    sendTimeout: KEEP_MS,
  }
  const since = performance.now()
  const ear = new Ear<zmq.Dealer>()
  const held = holdConnected(address, pass, (secured) => new zmq.Dealer({ ...own, ...secured }), ear.opened)
  const outgoing = new Outgoing((frames) => held.current.send(frames as Buffer[]))
  return {
    send: (frames) => outgoing.add(frames),
    receive(handler) {
      ear.hear(held.current, handler)
    },
    onReconnect(callback) {
      let first = true
      held.onHandshake = () => {
        // Who is connected for the first time only now may have lost what waited longest.
        if (!first || performance.now() - since >= KEEP_MS) callback()
        first = false
      }
    },
    async close() {
      outgoing.close()
      held.close()
    },
  }
}

/** Connects to a proxy. What is published while that is away, or slower than the queue is long, is dropped. */
export function openPublisher(address: string, pass?: Pass): Publisher {
  const own = {
    ...connecting(address),
    linger: 0,
    sendHighWaterMark: HIGH_WATER_MARK,
    // Else it would keep as many of the proxy's return as its queue is long, however large they are.
    immediate: true,
    sendTimeout: 0,
  }
  const held = holdConnected(
    address,
    pass,
    (secured) => new zmq.Publisher({ ...own, ...secured }),
    () => {},
  )
  return {
    send(topic, body) {
      sendNow(held.current, [Buffer.from(topic), body])
    },
    async close() {
      held.close()
    },
  }
}

/** Connects to a proxy; receives what is published on the very topics subscribed to. */
export function openSubscriber(address: string, pass?: Pass): Subscriber {
  const own = { ...connecting(address), linger: 0, receiveHighWaterMark: HIGH_WATER_MARK }
  const topics = new Set<string>()
  const ear = new Ear<zmq.Subscriber>()
  const opened = (socket: zmq.Subscriber): void => {
    for (const topic of topics) socket.subscribe(topic)
    ear.opened(socket)
  }
  const held = holdConnected(address, pass, (secured) => new zmq.Subscriber({ ...own, ...secured }), opened)
  return {
    subscribe(topic) {
      if (topics.has(topic)) return
      topics.add(topic)
      held.current.subscribe(topic)
    },
    unsubscribe(topic) {
      if (topics.delete(topic)) held.current.unsubscribe(topic)
    },
    receive(handler) {
      ear.hear(held.current, (frames) => {
        const [name, body] = frames
        if (frames.length !== 2 || name === undefined || body === undefined) return
        const topic = name.toString()
        // Sockets match beginnings of topics; whoever subscribed meant this one.
        if (topics.has(topic)) handler(topic, body)
      })
    },
    onConnect(callback) {
      held.onHandshake = callback
    },
    async close() {
      held.close()
    },
  }
}

interface Sending {
  send(message: Buffer[]): Promise<void>
}

/**
 * Sends on a socket that never waits (a `sendTimeout` of 0): it is done, or given up, when this returns.
 * False when the socket is closed.
 */
export function sendNow(socket: Sending, frames: readonly Uint8Array[]): boolean {
  try {
    socket.send(frames as Buffer[]).catch(lost)
    return true
  } catch {
    return false
  }
}

/** What a socket cannot send is lost, as anything on its way may be: who needs an answer asks again. */
function lost(): void {}
