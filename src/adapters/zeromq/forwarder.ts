import * as zmq from 'zeromq'
import { bind, bound, HIGH_WATER_MARK } from './sockets.ts'

/** The sockets of a proxy, as frames come and go. */
export interface Forwarder {
  readonly portPublishers: number
  readonly portSubscribers: number
  close(): Promise<void>
}

export interface ForwarderOptions {
  readonly host: string
  readonly portPublishers: number
  readonly portSubscribers: number
  /** Frames that may wait for one subscriber; it loses those beyond. */
  readonly subscriberQueue: number
  /** Whether a publication goes on to the subscribers. */
  readonly admit: (topic: string, frames: number) => boolean
  /** Whether a subscriber's message goes on to the publishers: the topic of a subscription. */
  readonly admitSubscription: (message: Uint8Array) => boolean
}

/** Frames from publishers that are handed on before others get a turn. */
const TURN = 256

/** Opens XSUB and XPUB sockets and hands on what comes. @throws RecadoError `port_in_use`, `bad_option` */
export async function openForwarder(options: ForwarderOptions): Promise<Forwarder> {
  const { host, subscriberQueue } = options
  const publishers = new zmq.XSubscriber({
    ...bound({ host, port: options.portPublishers }),
    receiveHighWaterMark: HIGH_WATER_MARK,
  })
  const portPublishers = await bind(publishers, { host, port: options.portPublishers })
  const subscribers = new zmq.XPublisher({
    ...bound({ host, port: options.portSubscribers, maxFrameBytes: 1024 }),
    sendHighWaterMark: subscriberQueue,
    linger: 0,
  })
  let portSubscribers: number
  try {
    portSubscribers = await bind(subscribers, { host, port: options.portSubscribers })
  } catch (error) {
    publishers.close()
    throw error
  }
  run(publishers, subscribers, async (frames) => {
    if (options.admit(frames[0]?.toString() ?? '', frames.length)) await subscribers.send(frames)
  })
  run(subscribers, publishers, async (frames) => {
    if (frames[0] !== undefined && options.admitSubscription(frames[0])) await publishers.send(frames[0])
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

function run(
  from: { receive(): Promise<Buffer[]>; readonly closed: boolean },
  to: { readonly closed: boolean },
  handle: (frames: Buffer[]) => Promise<void>,
): void {
  const loop = async (): Promise<void> => {
    for (let count = 1; !from.closed; count++) {
      await handle(await from.receive())
      if (count % TURN === 0) await new Promise((resolve) => setImmediate(resolve))
    }
  }
  loop().catch((error: unknown) => {
    if (!from.closed && !to.closed) throw error
  })
}
