/** What refs are told of a cluster's pods, and what they say of its servers. */
export { Membership, type MembershipOptions } from './membership.ts'
export { isFresh, type RefView, type Report, type ReportedPod } from './view.ts'
