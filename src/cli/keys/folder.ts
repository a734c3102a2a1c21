import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { makeKey, makeKeyPair } from '../../adapters/keys/index.ts'
import { KEY_ROLES, type KeyRole } from '../../ports/index.ts'
import { RecadoError } from '../../wire/index.ts'
import { makeFolder, readList, readPair, readText, writeList, writePair, writeText } from './files.ts'
import { LOCAL_CLIENT } from './names.ts'

/** What the folder of each role's processes holds, besides their own pair; nothing that a role does not use. */
const PARTS = {
  broker: ['front.key_secret', 'back.key_secret', 'client.keys', 'server.keys', 'back.keys'],
  proxy: ['front.key_secret', 'back.key_secret', 'client.keys', 'server.keys', 'back.keys', 'cluster.keys'],
  ref: ['back.key_secret', 'server.keys', 'forwarder.keys', 'operator.keys'],
  server: ['back.key_secret', 'server.keys', 'back.keys', 'cluster.keys', 'users.list'],
  operator: ['back.keys'],
} as const
const CLIENT_PART = ['front.keys'] as const

/** Under which list the own pairs of these stand; ref connects to nobody. */
export const OWN_KEYS = {
  broker: 'forwarder',
  proxy: 'forwarder',
  server: 'server',
  operator: 'operator',
} as const
export type OwnHolder = keyof typeof OWN_KEYS

export interface KeyRow {
  readonly role: KeyRole
  readonly name: string
  readonly key: string
}

/**
 * Makes what a folder of keys lacks: the pairs of both sides, a cluster key, a pair for each role's processes and one
 * client's, and each process's part. What is there stays.
 */
export function makeKeys(folder: string): void {
  makeFolder(folder)
  for (const side of ['front', 'back'] as const) {
    if (readPair(folder, side) !== undefined) continue
    const pair = makeKeyPair()
    writePair(folder, side, pair)
    writeList(folder, side, [{ name: side, key: pair.publicKey }])
  }
  if (readList(folder, 'cluster').length === 0)
    writeList(folder, 'cluster', [{ name: 'cluster', key: makeKey() }])
  for (const role of KEY_ROLES) writeList(folder, role, readList(folder, role))
  for (const part of Object.keys(PARTS)) makeFolder(join(folder, part))
  for (const [holder, role] of Object.entries(OWN_KEYS)) makeOwn(folder, holder, holder, role)
  makeFolder(join(folder, 'clients', LOCAL_CLIENT))
  makeOwn(folder, join('clients', LOCAL_CLIENT), LOCAL_CLIENT, 'client')
  makeSecret(folder, LOCAL_CLIENT)
  distribute(folder)
}

/** Makes a client's pair, lists it, and gives the folder that is to be handed to the client. */
export function makeClient(folder: string, name: string): string {
  checkKeys(folder)
  const part = join('clients', name)
  if (existsSync(join(folder, part))) {
    throw new RecadoError(
      'name_taken',
      `There is a client's key named "${name}"; revoke it first, or choose another name`,
    )
  }
  makeFolder(join(folder, part))
  makeOwn(folder, part, name, 'client')
  makeSecret(folder, name)
  distribute(folder)
  return join(folder, part)
}

/** All keys that are admitted, by role. */
export function listKeys(folder: string): KeyRow[] {
  checkKeys(folder)
  return KEY_ROLES.flatMap((role) => readList(folder, role).map((listed) => ({ role, ...listed })))
}

/** Takes all keys of this name off a role's list, and a client's folder away. Their connections end within seconds. */
export function revokeKey(folder: string, role: KeyRole, name: string): void {
  checkKeys(folder)
  const keys = readList(folder, role)
  const kept = keys.filter((each) => each.name !== name)
  if (kept.length === keys.length) {
    throw new RecadoError('bad_option', `No key of a ${role} is named "${name}"; see recado keys list`)
  }
  writeList(folder, role, kept)
  if (role === 'client') rmSync(join(folder, 'clients', name), { recursive: true, force: true })
  distribute(folder)
}

/** @throws RecadoError `bad_option` when no keys were made in this folder */
export function checkKeys(folder: string): void {
  if (readPair(folder, 'front') !== undefined) return
  throw new RecadoError('bad_option', `${folder} holds no keys; make them with recado keys make`)
}

/** Brings each process's part up to date with what stands at the top. */
export function distribute(folder: string): void {
  for (const [part, files] of Object.entries(PARTS)) copy(folder, part, files)
  for (const name of readdirSync(join(folder, 'clients'))) copy(folder, join('clients', name), CLIENT_PART)
}

function copy(folder: string, part: string, files: readonly string[]): void {
  for (const file of files) {
    const text = readText(folder, file)
    if (text !== undefined && text !== readText(join(folder, part), file))
      writeText(join(folder, part), file, text)
  }
}

/** What a client's users log in with unless they have secrets of their own. */
function makeSecret(folder: string, client: string): void {
  const part = join(folder, 'clients', client)
  if (readText(part, 'user.secret') === undefined) writeText(part, 'user.secret', `${makeKey()}\n`)
}

/** What a client's users log in with from now on: in that client's own folder, wherever it is. */
export function saveSecret(part: string, secret: string): void {
  writeText(part, 'user.secret', `${secret}\n`)
}

function makeOwn(folder: string, part: string, name: string, role: KeyRole): void {
  if (readPair(join(folder, part), 'own') !== undefined) return
  const pair = makeKeyPair()
  writeList(folder, role, [...readList(folder, role), { name, key: pair.publicKey }])
  writePair(join(folder, part), 'own', pair)
}
