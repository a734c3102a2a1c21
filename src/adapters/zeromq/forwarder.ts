import * as zmq from 'zeromq'
import type { Guard } from '../../ports/index.ts'
import { ByteBound } from './byte-bound.ts'
import { Ear } from './listen.ts'
import { bind, HIGH_WATER_MARK, bound as listening } from './options.ts'
import type { Held } from './secured.ts'
import { sendNow } from './sockets.ts'

/** Subscriptions are short: whoever sends more at once is cut off. */
const SUBSCRIBER_FRAME_BYTES_MAX = 1024

/** `channel/`, a name, `/`: no topic is longer. */
const TOPIC_BYTES_MAX = 128

/** Numbers of libzmq's options that zeromq.js has no names for at this type of socket. */
const [ZMQ_SUBSCRIBE, ZMQ_UNSUBSCRIBE] = [6, 7]
/** A subscription to all topics. */
const ALL = Uint8Array.of(1)

/** Bytes that may wait for one subscriber: for one that has stopped reading never more. */
const SUBSCRIBER_BYTES_MAX = 64 * 1024 * 1024

/** The sockets of a proxy, joined. */
export interface Forwarder {
  readonly portPublishers: number
  readonly portSubscribers: number
  /** Undefined in open mode, where servers hear each other among the subscribers. */
  readonly portServers: number | undefined
  close(): Promise<void>
}

export interface SecuredPorts {
  readonly guardServers: Guard
  readonly guardSubscribers: Guard
  readonly portServers: number
  /** Whether what has this topic is for servers, and does not reach subscribers. */
  readonly isForServers: (topic: string) => boolean
  /** What a subscriber is given for what it sent: nothing by itself. */
  readonly decide: (message: Uint8Array) => { readonly subscribe?: string; readonly unsubscribe?: string }
}

export interface ForwarderOptions {
  readonly host: string
  /** 0 for any free one, like `portSubscribers`. */
  readonly portPublishers: number
  readonly portSubscribers: number
  /** In secured mode: who may connect, and a port where servers hear what is for servers only. */
  readonly secured?: SecuredPorts | undefined
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
  const { host, subscriberQueue, admit, admitSubscription, secured } = options
  const open: Held<unknown>[] = []
  const kept = <Socket extends Held<unknown>>(held: Socket): Socket => {
    open.push(held)
    return held
  }
  const close = async (): Promise<void> => {
    for (const held of open) held.close()
  }
  const ears = {
    publishers: new Ear<zmq.XSubscriber>(),
    subscribers: new Ear<zmq.XPublisher>(),
  }
  try {
    const publishers = kept(await openPublishers(options, ears.publishers))
    const bound = new ByteBound(SUBSCRIBER_BYTES_MAX, subscriberQueue)
    const subscribers = kept(await openSubscribers(options, bound, ears.subscribers))
    const servers = secured && kept(await openServers(host, secured))
    ears.publishers.hear(publishers.current, (frames) => {
      const [topic] = frames
      // A first frame that is no topic is not worth making a string of.
      const name = topic === undefined || topic.byteLength > TOPIC_BYTES_MAX ? '' : topic.toString('latin1')
      if (!admit(name, frames.length)) return
      if (servers !== undefined && secured?.isForServers(name) === true)
        return void sendNow(servers.current, frames)
      let bytes = 0
      for (const frame of frames) bytes += frame.byteLength
      const count = bound.sending(bytes, performance.now())
      // Sockets take a new count for the connections that they have, too.
      if (count !== undefined && !subscribers.current.closed) subscribers.current.sendHighWaterMark = count
      sendNow(subscribers.current, frames)
    })
    ears.subscribers.hear(subscribers.current, ([message, ...more]) => {
      if (message === undefined || more.length > 0) return
      if (secured !== undefined) return give(subscribers.current, secured.decide(message))
      if (admitSubscription(message)) sendNow(publishers.current, [message])
    })
    return {
      portPublishers: publishers.port,
      portSubscribers: subscribers.port,
      portServers: servers?.port,
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

function openPublishers({ host, portPublishers, secured }: ForwarderOptions, ear: Ear<zmq.XSubscriber>) {
  const options = { host, port: portPublishers, guard: secured?.guardServers }
  const own = { ...listening(options), receiveHighWaterMark: HIGH_WATER_MARK, sendTimeout: 0 }
  return bind(
    options,
    (more) => new zmq.XSubscriber({ ...own, ...more }),
    (socket) => {
      // What strangers ask for is no matter of the servers: all is taken, also by a socket that takes another's place.
      if (secured !== undefined) sendNow(socket, [ALL])
      ear.opened(socket)
    },
  )
}

function openSubscribers(
  { host, portSubscribers, secured }: ForwarderOptions,
  waiting: ByteBound,
  ear: Ear<zmq.XPublisher>,
) {
  const guard = secured?.guardSubscribers
  const options = { host, port: portSubscribers, maxFrameBytes: SUBSCRIBER_FRAME_BYTES_MAX, guard }
  // By hand: what a subscriber asks for counts only once it has been given that.
  const manual: object = guard === undefined ? {} : { manual: true, verbosity: 'allSubsUnsubs' }
  const own = {
    ...listening(options),
    ...manual,
    sendTimeout: 0,
    linger: 0,
  }
  return bind(
    options,
    // A socket that takes another's place lets no more wait than that one did: the count is told only when it changes.
    (more) => new zmq.XPublisher({ ...own, sendHighWaterMark: waiting.count, ...more }),
    ear.opened,
  )
}

/** Subscribes, or not, the peer whose message was received last: libzmq remembers which that is. */
function give(socket: zmq.XPublisher, { subscribe, unsubscribe }: ReturnType<SecuredPorts['decide']>): void {
  const options = socket as unknown as { setStringOption(option: number, value: string): void }
  if (subscribe !== undefined) options.setStringOption(ZMQ_SUBSCRIBE, subscribe)
  if (unsubscribe !== undefined) options.setStringOption(ZMQ_UNSUBSCRIBE, unsubscribe)
}

/** Where servers hear each other, apart from those whom nobody trusts. */
function openServers(host: string, { portServers, guardServers: guard }: SecuredPorts) {
  const options = { host, port: portServers, maxFrameBytes: SUBSCRIBER_FRAME_BYTES_MAX, guard }
  const own = { ...listening(options), sendHighWaterMark: HIGH_WATER_MARK, sendTimeout: 0, linger: 0 }
  return bind(
    options,
    (more) => new zmq.Publisher({ ...own, ...more }),
    () => {},
  )
}
