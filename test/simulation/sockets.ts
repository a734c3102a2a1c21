import type { Dealer } from '../../src/ports/index.ts'
import type { Host, Network } from './network.ts'
import type { SimulatedProcess } from './process.ts'

type Frames = readonly Uint8Array[]

interface Listener {
  readonly host: SimulatedProcess
  readonly life: number
  readonly received: (from: string, frames: Uint8Array[]) => void
}

interface Dialled {
  readonly host: SimulatedProcess
  readonly life: number
  handler: (frames: Uint8Array[]) => void
}

interface Subscribed {
  readonly host: SimulatedProcess
  readonly life: number
  readonly topics: ReadonlySet<string>
  readonly received: (topic: string, body: Uint8Array) => void
}

/** Sockets over the simulated network: routers and dealers, publishers and subscribers through proxies. */
export class Sockets {
  readonly #network: Network
  readonly #listeners = new Map<string, Listener>()
  readonly #dialled = new Map<string, Dialled>()
  readonly #subscribed = new Map<string, Subscribed[]>()
  #count = 0

  constructor(network: Network) {
    this.#network = network
  }

  listen(
    host: SimulatedProcess,
    address: string,
    received: Listener['received'],
  ): (to: string, frames: Frames) => void {
    const { life } = host
    this.#listeners.set(address, { host, life, received })
    return (to, frames) => {
      const [connection, listenerLife] = to.split('#') as [string, string]
      const dialled = this.#dialled.get(connection)
      if (dialled === undefined || Number(listenerLife) !== life || dialled.life !== dialled.host.life) return
      this.#network.send(host, dialled.host, connection, () => dialled.handler([...frames]))
    }
  }

  dial(host: SimulatedProcess, address: string): Dealer {
    this.#count++
    const connection = `connection-${this.#count}`
    const dialled: Dialled = { host, life: host.life, handler: () => {} }
    this.#dialled.set(connection, dialled)
    return {
      send: (frames) => {
        const listener = this.#listeners.get(address)
        if (listener === undefined || listener.life !== listener.host.life) return true
        const from = `${connection}#${listener.life}`
        this.#network.send(host, listener.host, connection, () => listener.received(from, [...frames]))
        return true
      },
      receive(handler) {
        dialled.handler = handler
      },
      close: async () => void this.#dialled.delete(connection),
    }
  }

  subscribe(
    host: SimulatedProcess,
    proxy: string,
    topics: readonly string[],
    received: Subscribed['received'],
  ): void {
    const all = (this.#subscribed.get(proxy) ?? []).filter((each) => each.life === each.host.life)
    all.push({ host, life: host.life, topics: new Set(topics), received })
    this.#subscribed.set(proxy, all)
  }

  /** Publishes through a proxy, which may be down. */
  publish(
    host: Host,
    proxy: SimulatedProcess,
    proxyUp: () => boolean,
    topic: string,
    body: Uint8Array,
  ): void {
    this.#network.send(host, proxy, 'publish', () => {
      if (!proxyUp()) return
      for (const subscribed of this.#subscribed.get(proxy.name) ?? []) {
        if (!subscribed.topics.has(topic) || subscribed.life !== subscribed.host.life) continue
        this.#network.send(proxy, subscribed.host, 'publication', () => subscribed.received(topic, body))
      }
    })
  }
}
