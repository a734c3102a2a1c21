import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type ListedKey,
  parseCertificate,
  parseKeyList,
  renderCertificate,
  renderKeyList,
} from '../../keys/index.ts'
import type { KeyPair } from '../../ports/index.ts'
import { RecadoError } from '../../wire/index.ts'

const [FOLDER_MODE, FILE_MODE] = [0o700, 0o600]

export function makeFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: FOLDER_MODE })
}

/** Replaces a file at once: who reads it sees the old text or the new one. */
export function writeText(folder: string, file: string, text: string): void {
  const temporary = join(folder, `.${file}.new`)
  writeFileSync(temporary, text, { mode: FILE_MODE })
  renameSync(temporary, join(folder, file))
}

export function readText(folder: string, file: string): string | undefined {
  const path = join(folder, file)
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined
}

export function readPair(folder: string, name: string): KeyPair | undefined {
  const text = readText(folder, `${name}.key_secret`)
  if (text === undefined) return undefined
  const pair = parseCertificate(text)
  if (pair !== undefined) return pair
  throw new RecadoError('bad_option', `${join(folder, `${name}.key_secret`)} holds no key pair`)
}

export function writePair(folder: string, name: string, pair: KeyPair): void {
  writeText(folder, `${name}.key_secret`, renderCertificate(name, pair))
}

/** An absent list is an empty one. */
export function readList(folder: string, name: string): ListedKey[] {
  const text = readText(folder, `${name}.keys`)
  if (text === undefined) return []
  try {
    return parseKeyList(text)
  } catch (cause) {
    const what = `${join(folder, `${name}.keys`)}: ${(cause as Error).message}`
    throw new RecadoError('bad_option', what, { cause })
  }
}

export function writeList(folder: string, name: string, keys: readonly ListedKey[]): void {
  writeText(folder, `${name}.keys`, renderKeyList(keys))
}
