import { type MessagingCluster, parseCluster } from '../../../src/operator/api/index.ts'

/** A MessagingCluster as the API server gives it, `chat` in `talk` unless named otherwise. */
export function clusterOf(spec: Readonly<Record<string, unknown>> = {}, name = 'chat'): MessagingCluster {
  return parseCluster({
    apiVersion: 'recado.dev/v1alpha1',
    kind: 'MessagingCluster',
    metadata: { name, namespace: 'talk', uid: '0c5f1a3e-0000-4000-8000-000000000001', generation: 1 },
    spec,
  })
}
