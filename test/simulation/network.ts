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

export interface NetworkFaults {
  /** Milliseconds one way: from, to. */
  delayMs: [number, number]
  /** The share of publications that a subscriber's full queue drops. */
  publicationLoss: number
}

/** Messages that sockets keep over a cut, in all. */
const KEPT_MAX = 3000

/**
 * Carries messages between processes under virtual time. Within one connection nothing is lost, doubled or reordered;
 * connections are independent of each other. A cut loses what is on its way, and what is sent meanwhile is kept or
 * lost by chance, as sockets that reconnect do.
 */
export class Network {
  readonly faults: NetworkFaults = { delayMs: [0.1, 1], publicationLoss: 0 }
  readonly #world: VirtualTime
  readonly #chance: Chance
  /** One-way cuts: `from>to`. */
  readonly #cuts = new Set<string>()
  readonly #lastArrival = new Map<string, number>()
  readonly #kept: { route: string; connection: string; arrive: () => void }[] = []

  constructor(world: VirtualTime, chance: Chance) {
    this.#world = world
    this.#chance = chance
  }

  /** Sends on the connection of this kind from one process to another. */
  send(from: Host, to: Host, connection: string, handle: () => void): void {
    const route = `${from.name}>${to.name}`
    const [fromLife, toLife] = [from.life, to.life]
    const arrive = (): void => {
      if (to.life === toLife && from.life === fromLife) to.deliver(handle)
    }
    if (this.#cuts.has(route)) {
      if (connection === 'publication' || this.#chance.next() < 0.5) return
      if (this.#kept.length < KEPT_MAX) this.#kept.push({ route, connection, arrive })
      return
    }
    if (connection === 'publication' && this.#chance.next() < this.faults.publicationLoss) return
    this.#schedule(route, connection, () => {
      if (!this.#cuts.has(route)) arrive()
    })
  }

  cut(from: string, to: string): void {
    this.#cuts.add(`${from}>${to}`)
  }

  /** Ends all cuts; what was kept arrives, before anything that is sent later on the same connection. */
  heal(): void {
    this.#cuts.clear()
    for (const { route, connection, arrive } of this.#kept.splice(0))
      this.#schedule(route, connection, arrive)
  }

  #schedule(route: string, connection: string, arrive: () => void): void {
    const key = `${route} ${connection}`
    const [least, most] = this.faults.delayMs
    const earliest = this.#world.now + least + this.#chance.next() * (most - least)
    const arrival = Math.max(earliest, this.#lastArrival.get(key) ?? 0)
    this.#lastArrival.set(key, arrival)
    this.#world.schedule(arrival - this.#world.now, arrive)
  }
}
