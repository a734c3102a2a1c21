import type { Agent, RequestOptions } from 'node:https'
import { KubeConfig } from '@kubernetes/client-node'
import { RecadoError } from '../../wire/index.ts'
import type { ApiServer, TlsOptions } from './access.ts'

/**
 * The API server and user of a kubeconfig's current context, with all that such a file may hold: certificates, tokens,
 * commands that fetch them, proxies.
 * @throws RecadoError `bad_option` when the file cannot be used
 */
export function fromKubeconfig(file: string): ApiServer {
  const config = load(file)
  const cluster = config.getCurrentCluster()
  if (cluster === null) throw new RecadoError('bad_option', `KUBECONFIG ${file} names no current cluster`)
  const url = new URL(cluster.server)
  return {
    url,
    async credentials() {
      // Nothing is said to a plain address, which is kubectl's own proxy or a test.
      if (url.protocol === 'http:') return { headers: {}, tls: {} }
      const options: RequestOptions = { headers: {} }
      await config.applyToHTTPSOptions(options)
      return {
        headers: headersOf(options),
        tls: tlsOf(options),
        ...(cluster.proxyUrl !== undefined && { agent: options.agent as Agent }),
      }
    },
  }
}

function load(file: string): KubeConfig {
  const config = new KubeConfig()
  try {
    config.loadFromFile(file)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    throw new RecadoError('bad_option', `KUBECONFIG ${file} cannot be used: ${message}`)
  }
  return config
}

function headersOf({ auth, headers }: RequestOptions): Record<string, string> {
  const all = Object.entries(headers as Record<string, string>).map(([name, value]) => [
    name.toLowerCase(),
    value,
  ])
  const basic = auth ? { authorization: `Basic ${Buffer.from(auth).toString('base64')}` } : {}
  return { ...Object.fromEntries(all), ...basic }
}

function tlsOf({ ca, cert, key, servername, rejectUnauthorized }: RequestOptions): TlsOptions {
  return {
    ...(ca && { ca: pem(ca) }),
    ...(cert && { cert: pem(cert) }),
    ...(key && { key: pem(key) }),
    ...(servername !== undefined && { servername }),
    ...(rejectUnauthorized !== undefined && { rejectUnauthorized }),
  }
}

/** client-node gives what stood in a file as bytes. */
function pem(value: unknown): string {
  return Buffer.isBuffer(value) ? value.toString('utf8') : (value as string)
}
