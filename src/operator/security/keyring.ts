import type { ListedKey } from '../../keys/index.ts'
import type { KeyPair, KeyRole } from '../../ports/index.ts'
import type { KeyMaker } from './key-maker.ts'

/** The pairs of a cluster, and the list in which the public key of each stands. */
export const LIST_OF = {
  front: 'front',
  back: 'back',
  broker: 'forwarder',
  proxy: 'forwarder',
  server: 'server',
  operator: 'operator',
  local: 'client',
} as const satisfies Record<string, KeyRole | 'front' | 'back'>

export type PairName = keyof typeof LIST_OF
export type ListName = (typeof LIST_OF)[PairName]

export const PAIRS = Object.keys(LIST_OF) as readonly PairName[]
export const LISTS: readonly ListName[] = [...new Set(Object.values(LIST_OF))]

/**
 * All keys of a cluster together, as the operator keeps them in the Secret NAME-keys. A value: what changes it gives
 * another one, with a higher generation where processes have something new to read.
 *
 * - `newKeyring`: the first one of a cluster
 * - `withUsers`: who of the users may come, by their keys and by their names
 * - `beginRotation`, `advanceRotation`, `endRotation`: all keys of the cluster's own give way to new ones
 *
 * [parts.ts](parts.ts) says what of it each component's pods get, and each user; [text.ts](text.ts) how it is stored.
 */
export interface Keyring {
  readonly pairs: Readonly<Record<PairName, KeyPair>>
  /** Pairs that are listed already and held by nobody yet: between the first and the second step of a rotation. */
  readonly next: Readonly<Record<PairName, KeyPair>> | undefined
  /** Who is trusted or admitted, of the cluster's own. */
  readonly lists: Readonly<Record<ListName, readonly ListedKey[]>>
  /** The first signs, each may have signed. */
  readonly cluster: readonly ListedKey[]
  /** The keys of users, admitted as clients beside the cluster's own. */
  readonly users: readonly ListedKey[]
  /** Whose names may be taken where only listed users exist; undefined where any may. */
  readonly names: readonly string[] | undefined
  /** All users' secrets are made of it. */
  readonly master: string
  readonly state: KeyState
}

export interface KeyState {
  /** Raised at every change of what any process reads. */
  readonly generation: number
  readonly rotation: Rotation | null
  /** What asked for the last rotation that has ended. */
  readonly rotated: string | null
  /** When it ended, in Kubernetes' form. */
  readonly rotatedAt: string | null
}

export interface Rotation {
  /** What asked for it. */
  readonly asked: string
  readonly step: RotationStep
  /** The generation that this step made: who has read it or a later one has done the step. */
  readonly generation: number
}

/** 1: new keys are listed beside the old; 2: their holders and the ports change over; 3: the old ones are dropped. */
export type RotationStep = 1 | 2 | 3

/** @param asked what asks for a rotation already: all is new */
export function newKeyring(make: KeyMaker, asked?: string): Keyring {
  const pairs = makePairs(make)
  return {
    pairs,
    next: undefined,
    lists: listsOf(pairs),
    cluster: [{ name: 'cluster', key: make.key() }],
    users: [],
    names: undefined,
    master: make.key(),
    state: { generation: 1, rotation: null, rotated: asked ?? null, rotatedAt: null },
  }
}

/** With these users' keys and names; the very same keyring when that is what it has. */
export function withUsers(
  keyring: Keyring,
  { keys, names }: { readonly keys: readonly ListedKey[]; readonly names?: readonly string[] | undefined },
): Keyring {
  const users = keys.toSorted((a, b) => compare(a.name, b.name) || compare(a.key, b.key))
  const listed = names && [...new Set(names)].toSorted(compare)
  if (isSame(users, keyring.users) && isSame(listed, keyring.names)) return keyring
  return raised({ ...keyring, users, names: listed })
}

/** The first step: new keys of all kinds are trusted, admitted and accepted; nobody shows them yet. */
export function beginRotation(keyring: Keyring, asked: string, make: KeyMaker): Keyring {
  const next = makePairs(make)
  const added = listsOf(next)
  const [current] = keyring.cluster
  return stepped(asked, 1, {
    ...keyring,
    next,
    lists: mapLists((list) => [...keyring.lists[list], ...added[list]]),
    // Who signed before the rotation before this one is accepted no more.
    cluster: [...(current === undefined ? [] : [current]), { name: 'cluster', key: make.key() }],
  })
}

/** The next step of the rotation that is under way. All processes must have read the one before. */
export function advanceRotation(keyring: Keyring): Keyring {
  const { rotation } = keyring.state
  if (rotation?.step === 1) return changeOver(keyring, rotation.asked)
  if (rotation?.step !== 2) return keyring
  return stepped(rotation.asked, 3, { ...keyring, lists: listsOf(keyring.pairs) })
}

/** After the last step has been read: the rotation is handled. @param at in Kubernetes' form */
export function endRotation(keyring: Keyring, at: string): Keyring {
  const { rotation } = keyring.state
  if (rotation?.step !== 3) return keyring
  return { ...keyring, state: { ...keyring.state, rotation: null, rotated: rotation.asked, rotatedAt: at } }
}

function changeOver(keyring: Keyring, asked: string): Keyring {
  const [former, next] = keyring.cluster
  return stepped(asked, 2, {
    ...keyring,
    pairs: keyring.next ?? keyring.pairs,
    next: undefined,
    // The new key signs; tokens under the former hold until the rotation after this.
    cluster: next === undefined || former === undefined ? keyring.cluster : [next, former],
  })
}

function stepped(asked: string, step: RotationStep, keyring: Keyring): Keyring {
  const { state, ...rest } = raised(keyring)
  return { ...rest, state: { ...state, rotation: { asked, step, generation: state.generation } } }
}

function raised(keyring: Keyring): Keyring {
  return { ...keyring, state: { ...keyring.state, generation: keyring.state.generation + 1 } }
}

function makePairs(make: KeyMaker): Record<PairName, KeyPair> {
  return Object.fromEntries(PAIRS.map((name) => [name, make.pair()])) as Record<PairName, KeyPair>
}

function listsOf(pairs: Keyring['pairs']): Keyring['lists'] {
  return mapLists((list) =>
    PAIRS.filter((name) => LIST_OF[name] === list).map((name) => ({ name, key: pairs[name].publicKey })),
  )
}

function mapLists(of: (list: ListName) => readonly ListedKey[]): Keyring['lists'] {
  return Object.fromEntries(LISTS.map((list) => [list, of(list)])) as unknown as Keyring['lists']
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
