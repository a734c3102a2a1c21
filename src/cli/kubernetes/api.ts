import type { KubeApi } from '../../ports/index.ts'

export interface OpenKubeApi {
  readonly api: KubeApi
  close(): void
}

/**
 * The API server that KUBECONFIG names, or the one of the cluster that this pod is in. Loaded only now: other commands
 * need none.
 * @throws RecadoError `bad_option` when there is neither
 */
export async function openKubeApi(
  environment: Readonly<Record<string, string | undefined>>,
): Promise<OpenKubeApi> {
  const { openKubeTransport } = await import('../../adapters/kubernetes/index.ts')
  const { createMetrics } = await import('../../adapters/metrics.ts')
  const { HttpKubeApi, Requests } = await import('../../operator/index.ts')
  const port = environment['KUBERNETES_SERVICE_PORT']
  const transport = await openKubeTransport({
    kubeconfig: environment['KUBECONFIG'],
    kubernetesServiceHost: environment['KUBERNETES_SERVICE_HOST'],
    ...(port !== undefined && { kubernetesServicePort: Number(port) }),
  })
  const { metrics } = createMetrics({ processMetrics: false })
  return { api: new HttpKubeApi(new Requests(transport, metrics)), close: () => transport.close() }
}
