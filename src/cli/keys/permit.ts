import { openCredentials } from '../../adapters/credentials.ts'
import { permitText, RecadoError } from '../../wire/index.ts'
import { readList } from './files.ts'

/**
 * What lets this user set a secret without having one, once, for so long. Any folder with `cluster.keys` will do, that of a server
 * too.
 */
export function makePermit(
  folder: string,
  user: string,
  lifetimeMs: number,
): { permit: string; expires: number } {
  const keys = readList(folder, 'cluster').map(({ key }) => key)
  if (keys.length === 0) {
    throw new RecadoError(
      'bad_option',
      `${folder} holds no cluster.keys; name an administrator's folder of keys`,
    )
  }
  const issued = Date.now()
  const expires = issued + lifetimeMs
  const text = permitText(user, issued, expires)
  return { permit: `${text}:${openCredentials(() => keys).sign(text)}`, expires }
}
