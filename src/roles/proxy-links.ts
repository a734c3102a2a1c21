import { openPublisher, openSubscriber } from '../adapters/zeromq/index.ts'
import { isProxy, proxyAddresses } from '../config/index.ts'
import type { Log, Pass, Publisher, Subscriber, Timers } from '../ports/index.ts'
import { REPLICA_TOPIC, SERVERS_TOPIC } from '../wire/index.ts'
import { Links } from './links.ts'

interface ProxyLink {
  readonly publisher: Publisher
  readonly subscriber: Subscriber
  close(): Promise<void>
}

export interface ProxyLinksOptions {
  readonly timers: Timers
  readonly log: Log
  readonly pass: Pass | undefined
  readonly changed: (addresses: readonly string[]) => void
  readonly received: (topic: string, body: Uint8Array) => void
}

/** A server's links to the proxies: it publishes to each, and hears the other servers' topics from each. */
export class ProxyLinks {
  readonly #links: Links<ProxyLink>

  constructor(configured: readonly string[], options: ProxyLinksOptions) {
    this.#links = new Links(configured.map(whole), {
      ...options,
      isUsable: isProxy,
      open: (address) => open(address, options),
    })
  }

  told(addresses: readonly string[]): void {
    this.#links.told(addresses.map(whole))
  }

  publishToAll(topic: string, body: Uint8Array): void {
    for (const { publisher } of this.#links.all()) publisher.send(topic, body)
  }

  publishTo(proxy: string, topic: string, body: Uint8Array): void {
    this.#links.get(proxy)?.publisher.send(topic, body)
  }

  close(): Promise<void> {
    return this.#links.close()
  }
}

/** The same proxy may be named with both its ports or with one: links are by both. */
function whole(address: string): string {
  const { publishers, subscribers } = proxyAddresses(address)
  return `${publishers}/${subscribers.slice(subscribers.lastIndexOf(':') + 1)}`
}

function open(address: string, { received, pass }: ProxyLinksOptions): ProxyLink {
  const { publishers, subscribers } = proxyAddresses(address)
  const publisher = openPublisher(publishers, pass)
  const subscriber = openSubscriber(subscribers, pass)
  subscriber.receive(received)
  for (const topic of [REPLICA_TOPIC, SERVERS_TOPIC]) subscriber.subscribe(topic)
  return {
    publisher,
    subscriber,
    async close() {
      await Promise.all([publisher.close(), subscriber.close()])
    },
  }
}
