import * as zmq from 'zeromq'
import type { Dealer, Publisher, Router, Subscriber } from '../../ports/index.ts'
import { listen } from './listen.ts'
import { type BindOptions, bind, bound, connecting, HIGH_WATER_MARK } from './options.ts'
import { KEEP_MS, Outgoing } from './outgoing.ts'

/** Messages that may wait for the one peer of a DEALER, besides those in front of the socket. */
const DEALER_QUEUE = 1000

/**
 * Binds. A message to a peer that is gone, or whose queue is full, is dropped without a word. A name that a peer chose
 * for itself stays with its first connection: another cannot take it over.
 * @throws RecadoError `port_in_use`, `bad_option` when the address is not this machine's
 */
export async function openRouter(options: BindOptions): Promise<Router> {
  const socket = new zmq.Router({
    ...bound(options),
    sendHighWaterMark: options.peerQueue ?? HIGH_WATER_MARK,
    receiveHighWaterMark: options.peerReceiveQueue ?? HIGH_WATER_MARK,
    mandatory: false,
    sendTimeout: 0,
  })
  const port = await bind(socket, options)
  return {
    port,
    send: (to, frames) => sendNow(socket, [Buffer.from(to, 'latin1'), ...frames]),
    receive(handler, rest) {
      const handle = ([from, ...frames]: Buffer[]): void => {
        if (from !== undefined && frames.length > 0) handler(from.toString('latin1'), frames)
      }
      listen(socket, handle, rest)
    },
    async close() {
      socket.close()
    },
  }
}

/** Connects, and again when the connection is lost. What cannot be sent within a second is dropped. */
export function openDealer(address: string): Dealer {
  const socket = new zmq.Dealer({
    ...connecting(address),
    sendHighWaterMark: DEALER_QUEUE,
    receiveHighWaterMark: HIGH_WATER_MARK,
    // Nothing is queued for a peer that is not there.
    immediate: true,
    sendTimeout: KEEP_MS,
  })
  socket.connect(address)
  const outgoing = new Outgoing((frames) => socket.send(frames as Buffer[]))
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

/** Connects to a proxy. What is published while that is away, or slower than the queue is long, is dropped. */
export function openPublisher(address: string): Publisher {
  const socket = new zmq.Publisher({
    ...connecting(address),
    linger: 0,
    sendHighWaterMark: HIGH_WATER_MARK,
    sendTimeout: 0,
  })
  socket.connect(address)
  return {
    send(topic, body) {
      sendNow(socket, [Buffer.from(topic), body])
    },
    async close() {
      socket.close()
    },
  }
}

/** Connects to a proxy; receives what is published on the very topics subscribed to. */
export function openSubscriber(address: string): Subscriber {
  const socket = new zmq.Subscriber({
    ...connecting(address),
    linger: 0,
    receiveHighWaterMark: HIGH_WATER_MARK,
  })
  const topics = new Set<string>()
  socket.connect(address)
  return {
    subscribe(topic) {
      if (topics.has(topic)) return
      topics.add(topic)
      socket.subscribe(topic)
    },
    unsubscribe(topic) {
      if (topics.delete(topic)) socket.unsubscribe(topic)
    },
    receive(handler) {
      listen(socket, (frames) => {
        const [name, body] = frames
        if (frames.length !== 2 || name === undefined || body === undefined) return
        const topic = name.toString()
        // Sockets match beginnings of topics; whoever subscribed meant this one.
        if (topics.has(topic)) handler(topic, body)
      })
    },
    async close() {
      socket.close()
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
