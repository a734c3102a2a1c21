import type { Chance } from '../../src/ports/index.ts'
import type { VirtualTime } from '../support/virtual-time.ts'

/** One process as the network sees it. */
export interface Host {
  readonly name: string
  /** Runs what arrives, at once or when the process is no longer frozen. */
  deliver(handle: () => void): void
  /** Changes when the process dies: what was on its way to a former life is lost. */
  readonly life: number
}

/** What becomes of what is sent into a cut: all of it waits, all is lost, or each is kept or lost by chance. */
export const CUTS = ['wait', 'lose', 'mixed'] as const
export type Cut = (typeof CUTS)[number]

/** One direction between two hosts, over all connections. */
interface Route {
  cut: Cut | undefined
  /** Virtual ms of the last moment at which it was cut, as far as it is no longer. */
  cutUntil: number
  /** Up to so many ms are added to every delay; and to how many before, until when (virtual ms). */
  slowMs: number
  formerMs: number
  formerUntil: number
  readonly links: Link[]
}

/** One direction of one connection: nothing within it is lost, doubled or reordered while the connection lasts. */
export class Link {
  readonly from: Host
  readonly to: Host
  /** Counts the connection's lives: it breaks, and is made again. */
  generation = 0
  /** Virtual ms until which what was on its way when the connection broke still arrives. */
  survivesUntil = 0
  lastArrival = 0
  readonly route: Route
  /** Told when the connection breaks: of which life, and at which virtual ms the last of it has arrived. */
  broken: ((generation: number, at: number) => void) | undefined

  /** Whether a full queue may drop what is sent: publications. */
  readonly lossy: boolean

  constructor(from: Host, to: Host, route: Route, lossy: boolean) {
    this.from = from
    this.to = to
    this.lossy = lossy
    this.route = route
    route.links.push(this)
  }
}

export interface NetworkFaults {
  /** Milliseconds one way: from, to. */
  delayMs: [number, number]
  /** The share of publications that a subscriber's full queue drops. */
  publicationLoss: number
}

/** What waits at a cut: `arriving` was on its way when the cut began, before all that was sent into the cut. */
interface Kept {
  readonly link: Link
  readonly deliver: (generation: number) => void
  /** The connection's life by which it was on its way. */
  readonly generation: number
  readonly arriving: boolean
}

/** Messages that sockets keep over a cut, on one route. */
const KEPT_MAX = 1000

/**
 * Carries messages between processes under virtual time. Connections are independent of each other, so what goes by
 * different ones is delayed and reordered at will. A broken connection loses the end of what was on its way; the rest
 * may arrive after what the new connection brings.
 */
export class Network {
  readonly faults: NetworkFaults = { delayMs: [0.1, 1], publicationLoss: 0 }
  readonly #world: VirtualTime
  readonly #chance: Chance
  readonly #routes = new Map<string, Map<string, Route>>()
  /** When the last message arrives that a slow route carries, in virtual ms. */
  #quietAt = 0
  readonly #kept = new Map<Route, Kept[]>()

  constructor(world: VirtualTime, chance: Chance) {
    this.#world = world
    this.#chance = chance
  }

  link(from: Host, to: Host, lossy = false): Link {
    return new Link(from, to, this.#route(from.name, to.name), lossy)
  }

  /** Forgets a link whose socket is closed. */
  unlink(link: Link): void {
    const { links } = link.route
    const at = links.indexOf(link)
    if (at !== -1) links.splice(at, 1)
  }

  /** `handle` is told by which life of the connection it came. */
  send(link: Link, handle: (generation: number) => void): void {
    const { from, to, route, lossy } = link
    const [fromLife, toLife] = [from.life, to.life]
    const deliver = (generation: number): void => {
      if (to.life === toLife && from.life === fromLife) to.deliver(() => handle(generation))
    }
    if (route.cut !== undefined) this.#keep(link, deliver)
    else if (
      !lossy ||
      this.faults.publicationLoss === 0 ||
      this.#chance.next() >= this.faults.publicationLoss
    )
      this.#schedule(link, deliver)
  }

  cut(from: string, to: string, kind: Cut = 'mixed'): void {
    this.#route(from, to).cut ??= kind
  }

  /** Adds a delay to all that goes one way from now on; 0 ends it. */
  slow(from: string, to: string, ms: number): void {
    this.#setSlow(this.#route(from, to), ms)
  }

  /** The connections between two processes break and are made again at once. */
  reconnect(a: string, b: string): void {
    for (const route of [this.#route(a, b), this.#route(b, a)]) {
      for (const link of route.links) this.#renew(link)
    }
  }

  /** Ends the cut of one direction; what was kept arrives, before anything that is sent later on its connection. */
  mend(from: string, to: string): void {
    this.#mend(this.#route(from, to))
  }

  /** Ends all cuts and delays. */
  heal(): void {
    for (const routes of this.#routes.values()) {
      for (const route of routes.values()) {
        this.#setSlow(route, 0)
        this.#mend(route)
      }
    }
  }

  /** Whether something slow is still on its way. */
  get busy(): boolean {
    return this.#world.now < this.#quietAt
  }

  /** Whether one way was cut at any time since then (virtual ms). */
  wasCut(from: string, to: string, since: number): boolean {
    const route = this.#route(from, to)
    return route.cut !== undefined || route.cutUntil >= since
  }

  /** Whether messages took up to so many ms longer one way at any time since then (virtual ms). */
  wasSlow(from: string, to: string, ms: number, since: number): boolean {
    const { slowMs, formerMs, formerUntil } = this.#route(from, to)
    return slowMs >= ms || (formerMs >= ms && formerUntil >= since)
  }

  #setSlow(route: Route, ms: number): void {
    if (route.slowMs > 0) {
      route.formerMs = route.slowMs
      route.formerUntil = this.#world.now
    }
    route.slowMs = ms
  }

  #mend(route: Route): void {
    const { cut } = route
    if (cut === undefined) return
    route.cut = undefined
    route.cutUntil = this.#world.now
    if (cut !== 'wait') for (const link of route.links) this.#renew(link)
    const kept = this.#kept.get(route) ?? []
    this.#kept.delete(route)
    // What was on its way comes at once, before the rest of that, which may still be.
    for (const { deliver, generation, arriving } of kept)
      if (arriving) this.#world.schedule(0, () => deliver(generation))
    for (const { link, deliver, arriving } of kept) if (!arriving) this.#schedule(link, deliver)
  }

  #keep(link: Link, deliver: Kept['deliver'], arriving = false): void {
    const { route, lossy } = link
    if (route.cut !== 'wait' && (lossy || route.cut === 'lose' || this.#chance.next() < 0.5)) return
    const kept = this.#kept.get(route) ?? []
    this.#kept.set(route, kept)
    if (kept.length < KEPT_MAX) kept.push({ link, deliver, generation: link.generation, arriving })
  }

  #renew(link: Link): void {
    link.generation++
    link.lastArrival = 0
    // Who publishes drops what it has not sent; who asks goes on with it, beside what is still on its way.
    link.survivesUntil = this.#world.now + (link.lossy ? 0 : this.#chance.next() * 20)
    link.broken?.(link.generation - 1, link.survivesUntil)
  }

  #schedule(link: Link, deliver: Kept['deliver']): void {
    const { route, generation } = link
    const [least, most] = this.faults.delayMs
    const { now } = this.#world
    const delay = least + this.#chance.next() * (most - least) + route.slowMs * this.#chance.next()
    const arrival = Math.max(now + delay, link.lastArrival)
    link.lastArrival = arrival
    if (route.slowMs > 0) this.#quietAt = Math.max(this.#quietAt, arrival)
    this.#world.scheduleAt(arrival, () => {
      if (link.generation !== generation) {
        if (link.generation > generation + 1 || this.#world.now >= link.survivesUntil) return
      } else if (route.cut !== undefined) {
        if (route.cut === 'wait') this.#keep(link, deliver, true)
        return
      }
      deliver(generation)
    })
  }

  #route(from: string, to: string): Route {
    let routes = this.#routes.get(from)
    if (routes === undefined) {
      routes = new Map()
      this.#routes.set(from, routes)
    }
    let route = routes.get(to)
    if (route === undefined) {
      route = {
        cut: undefined,
        cutUntil: Number.NEGATIVE_INFINITY,
        slowMs: 0,
        formerMs: 0,
        formerUntil: 0,
        links: [],
      }
      routes.set(to, route)
    }
    return route
  }
}
