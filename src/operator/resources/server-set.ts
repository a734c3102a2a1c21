import type { KubeObject } from '../../ports/index.ts'
import type { MessagingCluster } from '../api/index.ts'
import { KINDS } from '../kinds.ts'
import { childName, selectorLabels } from '../names.ts'
import type { RenderContext } from './context.ts'
import { labelsOf, owned } from './metadata.ts'
import { podTemplate } from './pod-template.ts'
import { canonicalQuantity } from './quantity.ts'

export const DATA_VOLUME = 'data'

/** The servers. Kubernetes starts and numbers them; when one is replaced or taken off is the operator's to say. */
export function serverSet(cluster: MessagingCluster, context: RenderContext): KubeObject {
  const { name } = cluster.metadata
  const { template, storage } = cluster.spec.servers
  return owned(
    cluster,
    KINDS.statefulSet,
    { name: childName(name, 'server'), labels: labelsOf(cluster, 'server') },
    {
      spec: {
        replicas: context.serverReplicas,
        serviceName: childName(name, 'server'),
        podManagementPolicy: 'Parallel',
        updateStrategy: { type: 'OnDelete' },
        persistentVolumeClaimRetentionPolicy: {
          whenScaled: 'Retain',
          whenDeleted: storage.retain ? 'Retain' : 'Delete',
        },
        revisionHistoryLimit: 3,
        selector: { matchLabels: selectorLabels(name, 'server') },
        template: podTemplate(cluster, context, {
          component: 'server',
          template,
          volumeMounts: [{ name: DATA_VOLUME, mountPath: '/data' }],
        }),
        volumeClaimTemplates: [volumeClaim(cluster)],
      },
    },
  )
}

/** Cannot change once the StatefulSet is there: so no label of people's own is in it. */
function volumeClaim(cluster: MessagingCluster): unknown {
  const { size, storageClassName } = cluster.spec.servers.storage
  return {
    apiVersion: KINDS.volumeClaim.apiVersion,
    kind: KINDS.volumeClaim.kind,
    metadata: { name: DATA_VOLUME, labels: selectorLabels(cluster.metadata.name, 'server') },
    spec: {
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: canonicalQuantity(size) } },
      ...(storageClassName !== undefined && { storageClassName }),
    },
  }
}
