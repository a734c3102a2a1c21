import type { KubeObject } from '../../ports/index.ts'
import type { Files } from './text.ts'

/** Files as a Secret's `data` has them. */
export function secretData(files: Files): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(files).map(([name, text]) => [name, Buffer.from(text).toString('base64')]),
  )
}

/** The files of a Secret. */
export function filesOf(secret: KubeObject): Files {
  const data = (secret['data'] ?? {}) as Readonly<Record<string, string>>
  return Object.fromEntries(
    Object.entries(data).map(([name, text]) => [name, Buffer.from(text, 'base64').toString('utf8')]),
  )
}
