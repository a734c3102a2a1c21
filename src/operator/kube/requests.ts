import type { Cancel, KubeRequest, KubeResponse, KubeTransport, Metrics } from '../../ports/index.ts'
import { kubeError } from './answers.ts'

/** What a request is counted as. */
export type Verb =
  | 'get'
  | 'list'
  | 'watch'
  | 'discover'
  | 'ready'
  | 'apply'
  | 'create'
  | 'update'
  | 'patch'
  | 'delete'
  | 'evict'

/** What a watch is told; nothing any more once it is cancelled. */
export interface WatchHandlers {
  opened(): void
  line(text: string): void
  ended(end: KubeResponse | Error): void
}

/** All that goes to the API server, counted by verb and outcome. */
export class Requests {
  readonly #transport: KubeTransport
  readonly #metrics: Metrics

  constructor(transport: KubeTransport, metrics: Metrics) {
    this.#transport = transport
    this.#metrics = metrics
  }

  /** @throws KubeError of status 0 when there was no whole answer in time; refusals are answers */
  async send(verb: Verb, request: KubeRequest): Promise<KubeResponse> {
    try {
      const response = await this.#transport.request(request)
      this.#count(verb, String(response.status))
      return response
    } catch (error) {
      this.#count(verb, 'none')
      throw kubeError(error)
    }
  }

  watch(path: string, handlers: WatchHandlers): Cancel {
    let isOpen = false
    return this.#transport.stream(path, {
      line: (text) => handlers.line(text),
      opened: () => {
        isOpen = true
        this.#count('watch', '200')
        handlers.opened()
      },
      ended: (end) => {
        if (!isOpen) this.#count('watch', end instanceof Error ? 'none' : String(end.status))
        handlers.ended(end)
      },
    })
  }

  #count(verb: Verb, code: string): void {
    this.#metrics.add('recado_operator_requests_total', 1, { verb, code })
  }
}
