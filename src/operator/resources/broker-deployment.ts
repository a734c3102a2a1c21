import type { KubeObject } from '../../ports/index.ts'
import type { MessagingCluster } from '../api/index.ts'
import type { RenderContext } from './context.ts'
import { deployment, ONE_MORE } from './deployment.ts'

/** Clients that were sent to a pod must not find it gone: for so long it serves on. */
export const LINGER_SECONDS = 3

/** The brokers. */
export function brokerDeployment(cluster: MessagingCluster, context: RenderContext): KubeObject {
  const { replicas, template } = cluster.spec.brokers
  return deployment(cluster, context, {
    component: 'broker',
    template,
    replicas,
    strategy: ONE_MORE,
    lingerSeconds: LINGER_SECONDS,
  })
}
