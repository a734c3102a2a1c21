import type { KubeObject } from '../../ports/index.ts'
import type { MessagingCluster } from '../api/index.ts'
import { KINDS } from '../kinds.ts'
import { labelsOf, owned } from './metadata.ts'
import { clusterAlerts, rulesSpec } from './rules.ts'

/** The alerts of the cluster. */
export function prometheusRule(cluster: MessagingCluster): KubeObject | undefined {
  const { monitors, rules, labels, alertDelayPercent } = cluster.spec.monitoring
  // The alerts are about the job that the PodMonitor makes: without it those would fire that say that something is absent.
  if (!rules || !monitors) return undefined
  const { name, namespace } = cluster.metadata
  return owned(
    cluster,
    KINDS.prometheusRule,
    { name, labels: { ...labels, ...labelsOf(cluster) } },
    { spec: rulesSpec([clusterAlerts(namespace, name)], alertDelayPercent) },
  )
}
