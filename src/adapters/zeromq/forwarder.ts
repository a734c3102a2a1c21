import * as zmq from 'zeromq'
import { ByteBound } from './byte-bound.ts'
import { listen } from './listen.ts'
import { bind, HIGH_WATER_MARK, bound as listening } from './options.ts'
import { sendNow } from './sockets.ts'

/** Subscriptions are short: whoever sends more at once is cut off. */
const SUBSCRIBER_FRAME_BYTES_MAX = 1024

/** `channel/`, a name, `/`: no topic is longer. */
const TOPIC_BYTES_MAX = 128

/** Bytes that may wait for one subscriber: for one that has stopped reading never more. */
const SUBSCRIBER_BYTES_MAX = 64 * 1024 * 1024

/** The two sockets of a proxy, joined. */
export interface Forwarder {
  readonly portPublishers: number
  readonly portSubscribers: number
  close(): Promise<void>
}

export interface ForwarderOptions {
  readonly host: string
  /** 0 for any free one, like `portSubscribers`. */
  readonly portPublishers: number
  readonly portSubscribers: number
  /** Frames that may wait for one subscriber; it loses those beyond, and nobody else does. */
  readonly subscriberQueue: number
  /** Whether a publication goes on to the subscribers. */
  readonly admit: (topic: string, frames: number) => boolean
  /** Whether what a subscriber sent goes on to the publishers. */
  readonly admitSubscription: (message: Uint8Array) => boolean
}

/**
 * Opens the sockets and hands on what comes. By hand rather than by the library's own proxy, which looks at nothing,
 * counts nothing and keeps a thread for itself.
 * @throws RecadoError `port_in_use`, `bad_option`
 */
export async function openForwarder(options: ForwarderOptions): Promise<Forwarder> {
  const { host, subscriberQueue, admit, admitSubscription } = options
  const publishers = new zmq.XSubscriber({
    ...listening({ host, port: options.portPublishers }),
    receiveHighWaterMark: HIGH_WATER_MARK,
    sendTimeout: 0,
  })
  const portPublishers = await bind(publishers, { host, port: options.portPublishers })
  const subscribers = new zmq.XPublisher({
    ...listening({ host, port: options.portSubscribers, maxFrameBytes: SUBSCRIBER_FRAME_BYTES_MAX }),
    sendHighWaterMark: subscriberQueue,
    sendTimeout: 0,
    linger: 0,
  })
  const portSubscribers = await bind(subscribers, { host, port: options.portSubscribers }).catch(
    (error: unknown) => {
      publishers.close()
      throw error
    },
  )
  const bound = new ByteBound(SUBSCRIBER_BYTES_MAX, subscriberQueue)
  listen(publishers, (frames) => {
    const [topic] = frames
    // A first frame that is no topic is not worth making a string of.
    const name = topic === undefined || topic.byteLength > TOPIC_BYTES_MAX ? '' : topic.toString('latin1')
    if (!admit(name, frames.length)) return
    let bytes = 0
    for (const frame of frames) bytes += frame.byteLength
    const count = bound.sending(bytes, performance.now())
    // Sockets take a new count for the connections that they have, too.
    if (count !== undefined) subscribers.sendHighWaterMark = count
    sendNow(subscribers, frames)
  })
  listen(subscribers, ([message, ...more]) => {
    if (message !== undefined && more.length === 0 && admitSubscription(message)) {
      sendNow(publishers, [message])
    }
  })
  return {
    portPublishers,
    portSubscribers,
    async close() {
      publishers.close()
      subscribers.close()
    },
  }
}
