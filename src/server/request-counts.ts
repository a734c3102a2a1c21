import type { Metrics } from '../ports/index.ts'

/** Counts answered requests, and tells the metrics of all at once: of each by itself costs as much as serving it. */
export class RequestCounts {
  readonly #metrics: Metrics
  readonly #counts = new Map<string, Map<string, number>>()

  constructor(metrics: Metrics) {
    this.#metrics = metrics
  }

  add(service: string, code: string, seconds: number): void {
    let codes = this.#counts.get(service)
    if (codes === undefined) {
      codes = new Map()
      this.#counts.set(service, codes)
    }
    codes.set(code, (codes.get(code) ?? 0) + 1)
    this.#metrics.observe('recado_request_duration_seconds', seconds, labelsOf(service))
  }

  /** To be called often. */
  flush(): void {
    for (const [service, codes] of this.#counts) {
      for (const [code, count] of codes) {
        if (count > 0) this.#metrics.add('recado_requests_total', count, { service, code })
      }
      codes.clear()
    }
  }
}

const LABELS = new Map<string, { readonly service: string }>()

function labelsOf(service: string): { readonly service: string } {
  let labels = LABELS.get(service)
  if (labels === undefined) {
    labels = { service }
    LABELS.set(service, labels)
  }
  return labels
}
