/** The resources MessagingCluster and MessagingUser: their types, defaults, and the definitions that the API server holds them to. */
export { type MessagingCluster, parseCluster } from './cluster.ts'
export { CLUSTER_NAME_MAX, definition, resourceSchema } from './definition.ts'
export { definitions } from './definitions.ts'
export type { ClusterSpec, NetworkPeer, PodTemplateSpec } from './schema/spec.ts'
export {
  type ClusterStatus,
  CONDITIONS,
  type Condition,
  type ConditionType,
} from './schema/status.ts'
export { USER_CONDITIONS, type UserConditionType, type UserStatus } from './schema/user.ts'
export type { StructuralSchema } from './structural.ts'
export { type MessagingUser, parseUser } from './user.ts'
export { USER_NAME_MAX, userDefinition, userResourceSchema } from './user-definition.ts'
