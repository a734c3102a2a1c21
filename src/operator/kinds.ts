import type { ResourceKind } from '../ports/index.ts'

/** The kinds that the operator reads or writes. */
export const KINDS = {
  messagingCluster: namespaced('recado.dev/v1alpha1', 'MessagingCluster', 'messagingclusters'),
  messagingUser: namespaced('recado.dev/v1alpha1', 'MessagingUser', 'messagingusers'),
  statefulSet: namespaced('apps/v1', 'StatefulSet', 'statefulsets'),
  deployment: namespaced('apps/v1', 'Deployment', 'deployments'),
  pod: namespaced('v1', 'Pod', 'pods'),
  service: namespaced('v1', 'Service', 'services'),
  serviceAccount: namespaced('v1', 'ServiceAccount', 'serviceaccounts'),
  secret: namespaced('v1', 'Secret', 'secrets'),
  volumeClaim: namespaced('v1', 'PersistentVolumeClaim', 'persistentvolumeclaims'),
  budget: namespaced('policy/v1', 'PodDisruptionBudget', 'poddisruptionbudgets'),
  networkPolicy: namespaced('networking.k8s.io/v1', 'NetworkPolicy', 'networkpolicies'),
  lease: namespaced('coordination.k8s.io/v1', 'Lease', 'leases'),
  event: namespaced('events.k8s.io/v1', 'Event', 'events'),
  podMonitor: namespaced('monitoring.coreos.com/v1', 'PodMonitor', 'podmonitors'),
  serviceMonitor: namespaced('monitoring.coreos.com/v1', 'ServiceMonitor', 'servicemonitors'),
  prometheusRule: namespaced('monitoring.coreos.com/v1', 'PrometheusRule', 'prometheusrules'),
  definition: cluster('apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'customresourcedefinitions'),
} as const

/** The kinds of objects that are brought by Prometheus' operator: their definitions may come later, or never. */
export const OPTIONAL_KINDS: readonly ResourceKind[] = [KINDS.podMonitor, KINDS.prometheusRule]

function namespaced(apiVersion: string, kind: string, plural: string): ResourceKind {
  return { apiVersion, kind, plural, namespaced: true }
}

function cluster(apiVersion: string, kind: string, plural: string): ResourceKind {
  return { apiVersion, kind, plural, namespaced: false }
}
