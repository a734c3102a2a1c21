import type { KubeObject } from '../../ports/index.ts'
import type { MessagingCluster } from '../api/index.ts'
import type { RenderContext } from './context.ts'
import { deployment, ONE_MORE } from './deployment.ts'

/** The automatic clients, if any. */
export function clientDeployment(cluster: MessagingCluster, context: RenderContext): KubeObject | undefined {
  const { replicas, template } = cluster.spec.clients
  if (replicas === 0) return undefined
  return deployment(cluster, context, { component: 'client', template, replicas, strategy: ONE_MORE })
}
