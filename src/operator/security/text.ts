import { z } from 'zod'
import {
  isKey,
  type ListedKey,
  parseCertificate,
  parseKeyList,
  renderCertificate,
  renderKeyList,
} from '../../keys/index.ts'
import type { KeyPair } from '../../ports/index.ts'
import { type Keyring, type KeyState, LISTS, type ListName, PAIRS, type PairName } from './keyring.ts'

/** Files by name, as text. */
export type Files = Readonly<Record<string, string>>

const STATE = z.strictObject({
  generation: z.int().min(1),
  rotation: z
    .strictObject({ asked: z.string(), step: z.literal([1, 2, 3]), generation: z.int().min(1) })
    .nullable(),
  rotated: z.string().nullable(),
  rotatedAt: z.string().nullable(),
})

/** The files of NAME-keys: those that `recado keys` has at the top of its folder, all pairs among them, and more. */
export function renderKeyring(keyring: Keyring): Files {
  const { pairs, next, lists, cluster, users, names, master, state } = keyring
  return {
    ...pairFiles(pairs, ''),
    ...(next && pairFiles(next, '.next')),
    ...Object.fromEntries(LISTS.map((list) => [`${list}.keys`, renderKeyList(lists[list])])),
    'cluster.keys': renderKeyList(cluster),
    'users.keys': renderKeyList(users),
    ...(names && { 'users.list': renderNames(names) }),
    'secrets.master': `${master}\n`,
    'state.json': `${JSON.stringify(state)}\n`,
  }
}

/** @throws SyntaxError that names the file which cannot be used, and nothing that stands in it */
export function parseKeyring(files: Files): Keyring {
  const names = files['users.list']
  const hasNext = PAIRS.some((name) => `${name}.next.key_secret` in files)
  return {
    pairs: readPairs(files, ''),
    next: hasNext ? readPairs(files, '.next') : undefined,
    lists: Object.fromEntries(
      LISTS.map((list) => [list, readList(files, `${list}.keys`)]),
    ) as unknown as Record<ListName, readonly ListedKey[]>,
    cluster: readList(files, 'cluster.keys'),
    users: readList(files, 'users.keys'),
    names: names?.split('\n').filter((name) => name !== ''),
    master: readMaster(files),
    state: readState(files),
  }
}

export function renderNames(names: readonly string[]): string {
  return names.map((name) => `${name}\n`).join('')
}

function pairFiles(pairs: Keyring['pairs'], suffix: string): Files {
  return Object.fromEntries(
    PAIRS.map((name) => [`${name}${suffix}.key_secret`, renderCertificate(name, pairs[name])]),
  )
}

function readPairs(files: Files, suffix: string): Keyring['pairs'] {
  return Object.fromEntries(
    PAIRS.map((name): [PairName, KeyPair] => {
      const file = `${name}${suffix}.key_secret`
      const pair = parseCertificate(textOf(files, file))
      if (pair === undefined) throw new SyntaxError(`${file} holds no key pair`)
      return [name, pair]
    }),
  ) as Record<PairName, KeyPair>
}

function readList(files: Files, file: string): readonly ListedKey[] {
  const text = textOf(files, file)
  try {
    return parseKeyList(text)
  } catch (cause) {
    throw new SyntaxError(`${file}: ${(cause as Error).message}`)
  }
}

function readMaster(files: Files): string {
  const master = textOf(files, 'secrets.master').trim()
  if (!isKey(master)) throw new SyntaxError('secrets.master holds no key')
  return master
}

function readState(files: Files): KeyState {
  try {
    return STATE.parse(JSON.parse(textOf(files, 'state.json')))
  } catch (error) {
    // The words of either parser may repeat what stands there.
    if (error instanceof SyntaxError && error.message.endsWith('is missing')) throw error
    throw new SyntaxError('state.json does not say how far its keys are')
  }
}

function textOf(files: Files, file: string): string {
  const text = files[file]
  if (text === undefined) throw new SyntaxError(`${file} is missing`)
  return text
}
