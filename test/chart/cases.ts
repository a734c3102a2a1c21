/** Values with which the chart is rendered, linted and compared with what stands in golden/. */
export const CASES: Readonly<Record<string, object>> = {
  default: {},
  'one-replica-in-two-namespaces': {
    operator: { replicas: 1, watchNamespaces: ['shop', 'lab'] },
    monitoring: { dashboards: false },
  },
  monitored: {
    monitoring: {
      serviceMonitor: 'always',
      rules: 'always',
      alertDelayPercent: 10,
      labels: { release: 'prometheus' },
      dashboardLabels: { grafana_dashboard: 'yes' },
    },
  },
  'with-a-cluster': {
    cluster: { create: true, name: 'orders', spec: { servers: { replicas: 5, storage: { size: '20Gi' } } } },
  },
  'everything-said': {
    fullnameOverride: 'messages-operator',
    image: {
      repository: 'registry.example/team/recado',
      digest: `sha256:${'0'.repeat(64)}`,
      pullPolicy: 'Always',
      pullSecrets: ['registry'],
    },
    operator: {
      replicas: 3,
      resyncMs: 60_000,
      logLevel: 'debug',
      resources: { requests: { cpu: '1', memory: '1Gi' } },
      podAnnotations: { team: 'messages' },
      podLabels: { team: 'messages' },
      nodeSelector: { disk: 'fast' },
      tolerations: [{ key: 'dedicated', operator: 'Exists' }],
      affinity: {
        podAntiAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [
            { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { team: 'messages' } } },
          ],
        },
      },
      priorityClassName: 'system-cluster-critical',
      networkPolicy: false,
    },
    serviceAccount: { name: 'messages', annotations: { owner: 'team' } },
    crds: { upgrade: false },
  },
  'account-of-another': { serviceAccount: { create: false, name: 'given' }, image: { tag: 'dev' } },
}

/** Values that the chart refuses, and what Helm then names. */
export const REFUSED: readonly (readonly [what: string, values: object, named: string])[] = [
  ['an unknown value', { operators: {} }, 'operators'],
  ['an unknown value inside', { operator: { replica: 1 } }, 'replica'],
  ['no replica', { operator: { replicas: 0 } }, 'replicas'],
  ['a policy that is none', { image: { pullPolicy: 'sometimes' } }, 'pullPolicy'],
  ['a digest that is none', { image: { digest: 'latest' } }, 'digest'],
  ['a cluster whose name is no label', { cluster: { create: true, name: 'My.Cluster' } }, 'name'],
  ['a cluster whose name is too long', { cluster: { name: 'a'.repeat(41) } }, 'name'],
]
