import type { Chance, Dealer, Subscriber } from '../../src/ports/index.ts'
import type { VirtualTime } from '../support/virtual-time.ts'
import type { Link, Network } from './network.ts'
import type { SimulatedProcess } from './process.ts'

type Frames = readonly Uint8Array[]

interface Listener {
  readonly host: SimulatedProcess
  readonly life: number
  readonly received: (from: string, frames: Uint8Array[]) => void
  readonly ended: (from: string) => void
}

interface Dialled {
  readonly id: string
  readonly host: SimulatedProcess
  handler: (frames: Uint8Array[]) => void
  there: Link | undefined
  back: Link | undefined
  /** What it sent while nobody listened, which it sends when somebody does. */
  readonly parked: { readonly frames: Frames; readonly since: number }[]
}

interface Subscribed {
  readonly host: SimulatedProcess
  readonly life: number
  readonly topics: Set<string>
  readonly link: Link
  received: (topic: string, body: Uint8Array) => void
  /** When the proxy knows the subscription, in virtual ms. */
  knownAt: number
}

/** Messages that a dealer keeps while nobody listens, and for how long. */
const PARKED_MAX = 64
const KEEP_MS = 1000
/** A subscription reaches a proxy within so long of its start, or of a new connection. */
const RESUBSCRIBE_MS = 100

/** Sockets over the simulated network: routers and dealers, publishers and subscribers through proxies. */
export class Sockets {
  readonly #network: Network
  readonly #world: VirtualTime
  readonly #chance: Chance
  readonly #listeners = new Map<string, Listener>()
  readonly #dialled = new Map<string, Dialled>()
  readonly #waiting = new Map<string, Set<Dialled>>()
  readonly #subscribed = new Map<string, Subscribed[]>()
  readonly #publishers = new Map<SimulatedProcess, Map<SimulatedProcess, Link>>()
  #count = 0

  constructor(network: Network, world: VirtualTime, chance: Chance) {
    this.#network = network
    this.#world = world
    this.#chance = chance
  }

  /**
   * A router: it knows each connection by a name, which changes when the connection is made anew. `ended` is told of those that
   * have ended, but of none that does so while the way there is cut: heartbeats would tell that later than any schedule lasts.
   */
  listen(
    host: SimulatedProcess,
    address: string,
    received: Listener['received'],
    ended: Listener['ended'] = () => {},
  ): (to: string, frames: Frames) => void {
    const { life } = host
    this.#listeners.set(address, { host, life, received, ended })
    for (const dialled of this.#waiting.get(address) ?? []) {
      for (const { frames, since } of dialled.parked.splice(0)) {
        if (this.#world.now - since < KEEP_MS) this.#send(dialled, address, frames)
      }
    }
    return (to, frames) => {
      const [id, generation, listenerLife] = to.split('#') as [string, string, string]
      const dialled = this.#dialled.get(id)
      if (dialled === undefined || Number(listenerLife) !== life) return
      if (dialled.there?.generation !== Number(generation)) return
      if (dialled.back?.to !== dialled.host || dialled.back.from !== host)
        dialled.back = this.#network.link(host, dialled.host)
      this.#network.send(dialled.back, () => dialled.handler([...frames]))
    }
  }

  dial(host: SimulatedProcess, address: string): Dealer {
    this.#count++
    const id = `connection-${this.#count}`
    const handler = (): void => {}
    const dialled: Dialled = {
      id,
      host,
      handler,
      there: undefined,
      back: undefined,
      parked: [],
    }
    this.#dialled.set(id, dialled)
    const close = host.whenEnded(() => this.#close(dialled, address))
    return {
      send: (frames) => {
        if (!this.#dialled.has(id)) return false
        this.#send(dialled, address, frames)
        return true
      },
      receive(receive) {
        dialled.handler = receive
      },
      close: async () => {
        close()
        this.#close(dialled, address)
      },
    }
  }

  /** A subscriber at one proxy. */
  subscribe(
    host: SimulatedProcess,
    proxy: SimulatedProcess,
    topics: readonly string[],
    received: Subscribed['received'],
  ): Subscriber {
    const link = this.#network.link(proxy, host, true)
    const { life } = host
    const own: Subscribed = {
      host,
      life,
      topics: new Set(topics),
      link,
      received,
      knownAt: 0,
    }
    link.broken = () => this.#forget(own)
    const living = (this.#subscribed.get(proxy.name) ?? []).filter((each) => {
      if (each.life === each.host.life) return true
      this.#network.unlink(each.link)
      return false
    })
    this.#subscribed.set(proxy.name, [...living, own])
    return {
      subscribe: (topic) => void own.topics.add(topic),
      unsubscribe: (topic) => void own.topics.delete(topic),
      receive: (handler) => {
        own.received = handler
      },
      close: async () => own.topics.clear(),
    }
  }

  /** Publishes through a proxy, which may be down. */
  publish(host: SimulatedProcess, proxy: SimulatedProcess, topic: string, body: Uint8Array): void {
    let links = this.#publishers.get(host)
    if (links === undefined) {
      links = new Map()
      this.#publishers.set(host, links)
    }
    let link = links.get(proxy)
    if (link === undefined) {
      link = this.#network.link(host, proxy, true)
      links.set(proxy, link)
    }
    this.#network.send(link, () => {
      for (const each of this.#subscribed.get(proxy.name) ?? []) {
        if (!each.topics.has(topic) || each.life !== each.host.life || this.#world.now < each.knownAt)
          continue
        this.#network.send(each.link, () => {
          if (each.topics.has(topic)) each.received(topic, body)
        })
      }
    })
  }

  /** A proxy that started knows no subscription; each comes again before long. */
  proxyStarted(proxy: SimulatedProcess): void {
    for (const each of this.#subscribed.get(proxy.name) ?? []) this.#forget(each)
  }

  #forget(subscribed: Subscribed): void {
    subscribed.knownAt = this.#world.now + this.#chance.next() * RESUBSCRIBE_MS
  }

  #send(dialled: Dialled, address: string, frames: Frames): void {
    const listener = this.#listeners.get(address)
    if (listener === undefined || listener.life !== listener.host.life) {
      this.#park(dialled, address, frames)
      return
    }
    if (dialled.there?.to !== listener.host) {
      dialled.there = this.#network.link(dialled.host, listener.host)
      dialled.there.broken = (generation, at) => this.#tellEnd(dialled, address, generation, at)
    }
    this.#network.send(dialled.there, (generation) => {
      listener.received(nameOf(dialled, generation, listener), [...frames])
    })
  }

  /** Whoever listens is told, at this virtual ms, that one life of the connection has ended. */
  #tellEnd(dialled: Dialled, address: string, generation: number, at: number): void {
    const listener = this.#listeners.get(address)
    if (listener === undefined || dialled.there?.route.cut !== undefined) return
    const { host, life, ended } = listener
    this.#world.scheduleAt(at, () => {
      if (life === host.life) host.deliver(() => ended(nameOf(dialled, generation, listener)))
    })
  }

  /** Half of what is sent to nobody is kept for a while, as in front of a socket that has no connection. */
  #park(dialled: Dialled, address: string, frames: Frames): void {
    const waiting = this.#waiting.get(address) ?? new Set()
    this.#waiting.set(address, waiting)
    waiting.add(dialled)
    if (dialled.parked.length < PARKED_MAX && this.#chance.next() < 0.5)
      dialled.parked.push({ frames, since: this.#world.now })
  }

  #close(dialled: Dialled, address: string): void {
    this.#dialled.delete(dialled.id)
    dialled.parked.length = 0
    this.#waiting.get(address)?.delete(dialled)
    const { there } = dialled
    if (there !== undefined)
      this.#tellEnd(dialled, address, there.generation, Math.max(this.#world.now, there.lastArrival))
    for (const link of [dialled.there, dialled.back]) if (link !== undefined) this.#network.unlink(link)
  }
}

/** What a router calls a connection: another once it is made anew. */
function nameOf({ id }: Dialled, generation: number, { life }: Listener): string {
  return `${id}#${generation}#${life}`
}
