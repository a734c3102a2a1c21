/** The resource MessagingCluster: its type, its defaults, and the definition that the API server holds it to. */
export { type MessagingCluster, parseCluster } from './cluster.ts'
export { CLUSTER_NAME_MAX, definition, resourceSchema } from './definition.ts'
export type { ClusterSpec, NetworkPeer, PodTemplateSpec } from './schema/spec.ts'
export {
  type ClusterStatus,
  CONDITIONS,
  type Condition,
  type ConditionType,
} from './schema/status.ts'
export type { StructuralSchema } from './structural.ts'
