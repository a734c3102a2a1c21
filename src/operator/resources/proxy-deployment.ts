import type { KubeObject } from '../../ports/index.ts'
import type { MessagingCluster } from '../api/index.ts'
import { LINGER_SECONDS } from './broker-deployment.ts'
import type { RenderContext } from './context.ts'
import { deployment, ONE_MORE } from './deployment.ts'

/** A proxy is ready before servers have found it; until then what its subscribers wait for goes by the others. */
const SERVERS_FIND_IT_SECONDS = 5

/** The proxies. */
export function proxyDeployment(cluster: MessagingCluster, context: RenderContext): KubeObject {
  const { replicas, template } = cluster.spec.proxies
  return deployment(cluster, context, {
    component: 'proxy',
    template,
    replicas,
    strategy: ONE_MORE,
    minReadySeconds: SERVERS_FIND_IT_SECONDS,
    lingerSeconds: LINGER_SECONDS,
  })
}
