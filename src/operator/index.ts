/** The operator: makes MessagingClusters so as their resources say. */
export { definition } from './api/index.ts'
export { KINDS } from './kinds.ts'
export { HttpKubeApi, Requests } from './kube/index.ts'
export { Operator, type OperatorOptions } from './operator.ts'
export { createReconciler } from './reconcile/reconciler.ts'
export type { ReconcileResult, Reconciler, ReconcilerOptions } from './reconcile/types.ts'
export { clientAddresses } from './resources/index.ts'
