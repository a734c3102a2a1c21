/** The resource MessagingCluster: its type, its defaults, and the definition that the API server holds it to. */
export { type MessagingCluster, parseCluster } from './cluster.ts'
export { CLUSTER_NAME_MAX, definition, resourceSchema } from './definition.ts'
export type { ClusterSpec, NetworkPeer, PodTemplateSpec } from './schema/spec.ts'
export {
  type ClusterStatus,
  CONDITION_TYPES,
  CONDITIONS,
  type ComponentStatus,
  type Condition,
  type ConditionType,
  MEMBER_STATES,
  type MemberState,
  type MemberStatus,
} from './schema/status.ts'
export type { StructuralSchema } from './structural.ts'
