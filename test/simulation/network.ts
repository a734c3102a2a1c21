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
  readonly #kept = new Map<string, { to: Host; handle: () => void }[]>()

  constructor(world: VirtualTime, chance: Chance) {
    this.#world = world
    this.#chance = chance
  }

  /** Sends on the connection of this kind from one process to another. */
  send(from: Host, to: Host, connection: string, handle: () => void): void {
    const route = `${from.name}>${to.name}`
    if (this.#cuts.has(route)) {
      if (connection === 'publication' || this.#chance.next() < 0.5) return
      const kept = this.#kept.get(route) ?? []
      this.#kept.set(route, kept)
      if (kept.length < 1000) kept.push({ to, handle })
      return
    }
    if (connection === 'publication' && this.#chance.next() < this.faults.publicationLoss) return
    const key = `${route} ${connection}`
    const [least, most] = this.faults.delayMs
    const earliest = this.#world.now + least + this.#chance.next() * (most - least)
    const arrival = Math.max(earliest, this.#lastArrival.get(key) ?? 0)
    this.#lastArrival.set(key, arrival)
    const life = to.life
    const sentBy = from.life
    this.#world.schedule(arrival - this.#world.now, () => {
      if (to.life !== life || from.life !== sentBy) return
      if (this.#cuts.has(route)) return
      to.deliver(handle)
    })
  }

  cut(from: string, to: string): void {
    this.#cuts.add(`${from}>${to}`)
  }

  /** Ends all cuts; what was kept arrives. */
  heal(): void {
    this.#cuts.clear()
    for (const kept of this.#kept.values()) {
      for (const { to, handle } of kept) this.#world.schedule(1, () => to.deliver(handle))
    }
    this.#kept.clear()
  }
}
