import { parseCertificate, parseKeyList } from '../../keys/index.ts'
import { filesOf, KINDS, partKeysName } from '../../operator/index.ts'
import type { KubeApi, KubeObject, Pass } from '../../ports/index.ts'
import { RecadoError } from '../../wire/index.ts'

/** What a client of a secured cluster shows, trusts and logs in with. */
export interface ClientKeys {
  readonly pass: Pass
  readonly secret: string
}

/**
 * The keys of a cluster's own client, from the Secret that the operator keeps for it; undefined in open mode.
 * @throws RecadoError `bad_option` when they are not there, KubeError when they may not be read
 */
export async function clientKeys(
  api: Pick<KubeApi, 'get'>,
  cluster: KubeObject,
): Promise<ClientKeys | undefined> {
  const { security } = (cluster['spec'] ?? {}) as { security?: { mode?: string } }
  if (security?.mode !== 'secured') return undefined
  const { namespace = '', name } = cluster.metadata
  const secretName = partKeysName(name, 'client')
  const secret = await api.get(KINDS.secret, { namespace, name: secretName })
  const files = secret === undefined ? {} : filesOf(secret)
  const pair = parseCertificate(files['own.key_secret'] ?? '')
  const trusted = parseKeyList(files['front.keys'] ?? '').map(({ key }) => key)
  if (pair === undefined || trusted.length === 0) {
    throw new RecadoError('bad_option', `Secret ${secretName} holds no keys of a client yet`)
  }
  return {
    pass: { pair, trusted, onChange: () => () => {} },
    secret: (files['user.secret'] ?? '').trim(),
  }
}
