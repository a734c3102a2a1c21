import type { Metrics } from '../ports/index.ts'
import { isName, REPLICA_TOPIC, SERVERS_TOPIC } from '../wire/index.ts'

/** `channel/`, a name, `/`: no topic is longer. */
const SUBSCRIPTION_BYTES_MAX = 128
const [UNSUBSCRIBE, SUBSCRIBE] = [0, 1]

/** What a proxy lets through: publications on our topics in one direction, subscriptions in the other. */
export class Proxy {
  readonly #metrics: Metrics

  constructor(metrics: Metrics) {
    this.#metrics = metrics
  }

  /** A publication is a topic and a body. */
  admits(topic: string, frames: number): boolean {
    const admitted = frames === 2 && isTopic(topic)
    this.#metrics.add(admitted ? 'recado_proxy_publications_total' : 'recado_proxy_dropped_total')
    return admitted
  }

  /** A subscription is one byte and the beginning of a topic; anything else a subscriber sends is dropped. */
  admitsSubscription(message: Uint8Array): boolean {
    const first = message[0]
    const admitted =
      (first === SUBSCRIBE || first === UNSUBSCRIBE) && message.byteLength <= SUBSCRIPTION_BYTES_MAX
    if (!admitted) this.#metrics.add('recado_proxy_dropped_total')
    return admitted
  }
}

function isTopic(topic: string): boolean {
  if (topic === REPLICA_TOPIC || topic === SERVERS_TOPIC) return true
  const match = /^(?:channel|user)\/([^/]*)\/$/.exec(topic)
  return match !== null && isName(match[1])
}
