import { RecadoError } from '../../wire/index.ts'
import { inCluster } from './in-cluster.ts'
import { createTransport, type OpenKubeTransport } from './transport.ts'

export type { ApiServer, Credentials } from './access.ts'
export { createTransport, type OpenKubeTransport } from './transport.ts'
export { inCluster }

export interface ApiServerOptions {
  /** A file; without it, the API server of the cluster that this pod is in. */
  readonly kubeconfig?: string | undefined
  /** As Kubernetes tells every pod. */
  readonly kubernetesServiceHost?: string | undefined
  readonly kubernetesServicePort?: number | undefined
}

/**
 * HTTP to the API server that the settings name. Connects at the first request.
 * @throws RecadoError `bad_option` when they name none
 */
export async function openKubeTransport(options: ApiServerOptions): Promise<OpenKubeTransport> {
  const { kubeconfig, kubernetesServiceHost: host, kubernetesServicePort: port = 443 } = options
  if (kubeconfig !== undefined) {
    // Loaded only here: it takes half a second and 65 MB.
    const { fromKubeconfig } = await import('./kubeconfig.ts')
    return createTransport(fromKubeconfig(kubeconfig))
  }
  if (host !== undefined) return createTransport(inCluster(host, port))
  throw new RecadoError('bad_option', 'KUBECONFIG is not set, and this is no pod: which API server is meant')
}
