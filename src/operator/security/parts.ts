import { createHmac } from 'node:crypto'
import { decodeZ85, encodeZ85, renderCertificate, renderKeyList } from '../../keys/index.ts'
import type { KeyPair } from '../../ports/index.ts'
import type { Component } from '../names.ts'
import type { Keyring, ListName, PairName } from './keyring.ts'
import { type Files, renderNames } from './text.ts'

/** What the pods of each component hold, as docs/security.md has it; nothing that a role does not use. */
interface Part {
  /** The pair that it shows where it connects; ref connects to nobody. */
  readonly own?: PairName
  /** The pairs that its ports prove. */
  readonly ports: readonly ('front' | 'back')[]
  readonly lists: readonly ListName[]
  readonly cluster?: true
  readonly names?: true
  readonly secret?: true
}

const PARTS: Readonly<Record<Component, Part>> = {
  broker: { own: 'broker', ports: ['front', 'back'], lists: ['client', 'server', 'back'] },
  proxy: { own: 'proxy', ports: ['front', 'back'], lists: ['client', 'server', 'back'], cluster: true },
  ref: { ports: ['back'], lists: ['server', 'forwarder', 'operator'] },
  server: { own: 'server', ports: ['back'], lists: ['server', 'back'], cluster: true, names: true },
  client: { own: 'local', ports: [], lists: ['front'], secret: true },
}

/** The KEYS_DIR of a component's pods: file names and texts. */
export function partFiles(keyring: Keyring, component: Component): Files {
  const { own, ports, lists, cluster, names, secret } = PARTS[component]
  return {
    ...(own && { 'own.key_secret': renderCertificate(own, keyring.pairs[own]) }),
    ...Object.fromEntries(
      ports.map((side) => [`${side}.key_secret`, renderCertificate(side, keyring.pairs[side])]),
    ),
    ...Object.fromEntries(lists.map((list) => [`${list}.keys`, listText(keyring, list)])),
    ...(cluster && { 'cluster.keys': renderKeyList(keyring.cluster) }),
    ...(names && keyring.names && { 'users.list': renderNames(keyring.names) }),
    ...(secret && { 'user.secret': `${secretFor(keyring, 'client', 'local')}\n` }),
    generation: `${keyring.state.generation}\n`,
  }
}

/** The KEYS_DIR of a user's client whose pair this is. Its generation is not in it: users' Secrets change with `front`. */
export function userFiles(keyring: Keyring, user: string, pair: KeyPair): Files {
  return {
    'own.key_secret': renderCertificate(user, pair),
    'front.keys': listText(keyring, 'front'),
    'user.secret': `${userSecret(keyring, user)}\n`,
  }
}

/** What a user logs in with: the same whenever it is asked, and nobody without the master can tell it. */
export function userSecret(keyring: Keyring, user: string): string {
  return secretFor(keyring, 'user', user)
}

function listText({ lists, users }: Keyring, list: ListName): string {
  return renderKeyList(list === 'client' ? [...lists.client, ...users] : lists[list])
}

function secretFor({ master }: Keyring, kind: 'user' | 'client', name: string): string {
  const key = decodeZ85(master)
  if (key === undefined) throw new SyntaxError('The master of the secrets is no key')
  return encodeZ85(createHmac('sha256', key).update(`${kind}\0${name}`).digest())
}
