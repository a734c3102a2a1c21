import { readFile } from 'node:fs/promises'
import { isIPv6 } from 'node:net'
import { join } from 'node:path'
import type { ApiServer } from './access.ts'

/** Where Kubernetes mounts a pod's token and the API server's authority. */
const MOUNT = '/var/run/secrets/kubernetes.io/serviceaccount'

/**
 * The API server as a pod finds it. Two mounted files say all, so that client-node and its 65 MB of models stay away;
 * the kubelet replaces the token long before it ends.
 */
export function inCluster(host: string, port: number, mount = MOUNT): ApiServer {
  return {
    url: new URL(`https://${isIPv6(host) ? `[${host}]` : host}:${port}`),
    async credentials() {
      const [token, ca] = await Promise.all([
        readFile(join(mount, 'token'), 'utf8'),
        readFile(join(mount, 'ca.crt'), 'utf8'),
      ])
      return { headers: { authorization: `Bearer ${token.trim()}` }, tls: { ca } }
    },
  }
}
