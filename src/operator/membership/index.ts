/** What refs are told of a cluster's pods, and what they say of its servers. */
export { Membership, type MembershipOptions } from './membership.ts'
export type { RefView, Report, ReportedPod } from './view.ts'
