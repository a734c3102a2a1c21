import type { World } from '../scenario.ts'
import { OPERATOR_NAMESPACE } from './chart.ts'

/** What each operator's /metrics says. */
export async function requestsOf({ kubernetes, release }: World): Promise<string[]> {
  const pods = await release.pods()
  return Promise.all(
    pods.map(({ metadata }) =>
      kubernetes.raw(`/api/v1/namespaces/${OPERATOR_NAMESPACE}/pods/${metadata.name}:9464/proxy/metrics`),
    ),
  )
}

/** The samples of one metric, by their labels as they are written. */
export function countsOf(text: string, metric: string): Map<string, number> {
  const samples = text.split('\n').flatMap((line) => {
    const found = /^(\w+)(?:\{([^}]*)\})? (\S+)$/.exec(line)
    if (found === null || found[1] !== metric) return []
    return [[found[2] ?? '', Number(found[3])] as const]
  })
  return new Map(samples)
}

export function total(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0)
}
