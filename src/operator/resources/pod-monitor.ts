import type { KubeObject } from '../../ports/index.ts'
import type { MessagingCluster } from '../api/index.ts'
import { KINDS } from '../kinds.ts'
import { clusterLabels } from '../names.ts'
import { labelsOf, owned } from './metadata.ts'

/** Has Prometheus' operator scrape every pod of the cluster; the job is `namespace/name`. */
export function podMonitor(cluster: MessagingCluster): KubeObject | undefined {
  const { monitors, interval, labels } = cluster.spec.monitoring
  if (!monitors) return undefined
  const { name } = cluster.metadata
  return owned(
    cluster,
    KINDS.podMonitor,
    { name, labels: { ...labels, ...labelsOf(cluster) } },
    {
      spec: {
        selector: { matchLabels: clusterLabels(name) },
        podMetricsEndpoints: [{ port: 'http', path: '/metrics', interval }],
      },
    },
  )
}
