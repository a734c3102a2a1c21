/** The operator: makes MessagingClusters so as their resources say. */
export type { ReconcileResult, Reconciler, ReconcilerOptions } from './reconcile/types.ts'
