import { isName } from '../wire/index.ts'
import { decodeZ85 } from './z85.ts'

const KEY_CHARACTERS = 40

export interface ListedKey {
  readonly name: string
  /** In Z85. */
  readonly key: string
}

export function isKey(value: unknown): value is string {
  return typeof value === 'string' && value.length === KEY_CHARACTERS && decodeZ85(value) !== undefined
}

/** A list of keys: a name and a key on each line. Empty lines, and those that begin with `#`, say nothing. */
export function renderKeyList(keys: readonly ListedKey[]): string {
  return keys.map(({ name, key }) => `${name} ${key}\n`).join('')
}

/** @throws SyntaxError that names the line which is none of a list's, without its text */
export function parseKeyList(text: string): ListedKey[] {
  const keys: ListedKey[] = []
  for (const [index, line] of text.split('\n').entries()) {
    const words = line.trim().split(/\s+/)
    if (words[0] === '' || words[0]?.startsWith('#') === true) continue
    const [name, key] = words
    if (words.length !== 2 || !isName(name) || !isKey(key)) {
      throw new SyntaxError(`Line ${index + 1} is not a name and a key of ${KEY_CHARACTERS} characters`)
    }
    keys.push({ name, key })
  }
  return keys
}
