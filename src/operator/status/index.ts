/** What people read of a cluster: its conditions, and the reasons that they and Events have. */
export { undated } from './conditions.ts'
export { EVENT_REASONS, type EventReason } from './event-reasons.ts'
export { countPods, type KeysFacts, type StatusFacts } from './facts.ts'
export { REASONS, type Reason, type ReasonName } from './reasons.ts'
export { compareStatus, invalidStatus, statusOf } from './status.ts'
export { statusIn, type UserFacts, userStatus, wasLoggedIn } from './user.ts'
export { USER_REASONS, type UserReason, type UserReasonName, type UserVerdict } from './user-reasons.ts'
