import type { KubeObject } from '../../ports/index.ts'
import type { MessagingCluster } from '../api/index.ts'
import type { RenderContext } from './context.ts'
import { deployment, RECREATE } from './deployment.ts'
import type { Toleration } from './pod-template.ts'

/** Ref has no volume of its own that would tie it to a node: what it knows it learns again from the servers. */
const VOLUME = { name: 'data', emptyDir: { sizeLimit: '64Mi' } }

/** So that another node takes it over soon, and not after the five minutes that are usual. */
const AWAY_SECONDS = 20

/** The reference service: one pod, so that there is one view of the cluster. */
export function refDeployment(cluster: MessagingCluster, context: RenderContext): KubeObject {
  return deployment(cluster, context, {
    component: 'ref',
    template: cluster.spec.ref.template,
    replicas: 1,
    strategy: RECREATE,
    tolerations: ['not-ready', 'unreachable'].map(leavesSoon),
    volumes: [VOLUME],
    volumeMounts: [{ name: VOLUME.name, mountPath: '/data' }],
  })
}

function leavesSoon(what: string): Toleration {
  return {
    key: `node.kubernetes.io/${what}`,
    operator: 'Exists',
    effect: 'NoExecute',
    tolerationSeconds: AWAY_SECONDS,
  }
}
