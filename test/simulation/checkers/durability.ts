import { isMajorityOf, type Voters } from '../../../src/wire/index.ts'
import type { Cluster } from '../cluster.ts'
import type { SimulatedServer } from '../server.ts'
import type { Accepted, Checker, Level, Wish, Witness } from '../witness.ts'
import { isHidden } from './hidden.ts'

/** How long a heartbeat may be on its way, in ms. */
const SLACK_MS = 1000

/** An acknowledgement says on whose disks an operation is, flushed; and while most of them survive, it is not lost. */
export class Durability implements Checker {
  readonly #cluster: Cluster
  readonly #witness: Witness
  /** The newest list that was looked at, when it came, and since when its voters may have been asked what they held. */
  #last: { readonly list: Voters; readonly at: number; readonly askedAt: number } | undefined

  constructor(cluster: Cluster) {
    this.#cluster = cluster
    this.#witness = cluster.witness
  }

  /**
   * A list of voters takes effect only once all that was acknowledged under those before is on most of its disks, but for what
   * an old copy lacks that looks like a whole one: then others may hold it who are away.
   */
  voters(_server: SimulatedServer, list: Voters): void {
    if (list.epoch <= (this.#last?.list.epoch ?? 0)) return
    const askedAt = this.#askedAt(list)
    this.#last = { list, at: this.#witness.now(), askedAt }
    for (const wish of this.#witness.wishes.values()) {
      if (wish.acknowledgedAt === undefined || wish.level === 'one') continue
      if (this.#operationsOf(wish).some(({ stream, seq }) => isHidden(this.#cluster, stream, seq, askedAt)))
        continue
      this.#check(wish, list)
    }
  }

  /**
   * Ref asks, once a list that names the next is on enough disks, what anyone has, and goes by heartbeats that may be as old as
   * their timeout. It asks nothing for a list of the same voters as before.
   */
  #askedAt({ epoch, names }: Voters): number {
    if (this.#last === undefined) return 0
    const { list, at, askedAt } = this.#last
    if (names.length === list.names.length && names.every((name) => list.names.includes(name))) return askedAt
    if (list.epoch !== epoch - 1) return 0
    return at - this.#cluster.options.heartbeatTimeoutMs - SLACK_MS
  }

  acknowledged(wish: Wish): void {
    const newest = this.#witness.lists.reduce((one, other) => (other.epoch > one.epoch ? other : one))
    if (wish.level !== 'one') this.#check(wish, newest)
    const meant = this.#operationsOf(wish)
    const held = meant.filter((operation) => isHeld(this.#witness, operation, wish.level))
    if (wish.operation === undefined) wish.standsFor = held
    if (held.length > 0) return
    const { user, id, kind, level } = wish
    const where = meant.map(
      ({ stream, seq }) => this.#witness.holders(stream, seq).join(' and ') || 'no disk',
    )
    this.#witness.find(
      `${kind} ${id} of ${user} was acknowledged at ${level} and is on ${where.join('; ') || 'no disk'}`,
    )
  }

  #check(wish: Wish, { epoch, names }: Voters): void {
    const meant = this.#operationsOf(wish)
    const isThere = meant.some(({ stream, seq }) => {
      const holders = this.#witness.holders(stream, seq)
      return names.filter((name) => holders.includes(name)).length > names.length / 2
    })
    if (isThere || meant.length === 0) return
    const where = meant.map(({ stream, seq }) => this.#witness.holders(stream, seq).join(' and ')).join('; ')
    const list = `${names.join(', ')} (epoch ${epoch})`
    this.#witness.find(
      `${wish.kind} ${wish.id} of ${wish.user} is acknowledged at ${wish.level}, and of ${list} on ${where}`,
    )
  }

  end(): void {
    const kept = new Set<string>()
    for (const operation of this.#witness.operations.values()) {
      if (this.#isKept(operation)) kept.add(`${operation.user} ${operation.id}`)
    }
    for (const wish of this.#witness.wishes.values()) {
      if (wish.acknowledgedAt === undefined) continue
      this.#checkRegistry(wish)
      const isKept =
        wish.operation === undefined
          ? this.#operationsOf(wish).some((operation) => this.#isKept(operation))
          : kept.has(`${wish.user} ${wish.id}`)
      if (isKept) continue
      if (wish.level === 'one' && isExcused(this.#witness, this.#operationsOf(wish))) continue
      this.#witness.find(
        `${wish.kind} ${wish.id} of ${wish.user} was acknowledged at ${wish.level} and is lost`,
      )
    }
  }

  /** Users and channels that were acknowledged stand in every server's file. */
  #checkRegistry({ kind, user, target }: Wish): void {
    if (kind !== 'login' && kind !== 'channel') return
    const [list, wanted] = kind === 'login' ? (['users', user] as const) : (['channels', target] as const)
    for (const { name, disk, removed } of this.#cluster.servers) {
      if (removed) continue
      const names: unknown = JSON.parse(disk.text('registry.json') || '{}')[list]
      if (Array.isArray(names) && names.includes(wanted)) continue
      this.#witness.find(
        `${wanted} was acknowledged and is not among the ${list} in registry.json of ${name}`,
      )
    }
  }

  #isKept({ stream, seq }: Accepted): boolean {
    for (const { holds } of this.#witness.disks.values()) if ((holds.get(stream) ?? 0) >= seq) return true
    return false
  }

  /** The operation that the answer named; for what is made once and answered to all, whichever made it. */
  #operationsOf(wish: Wish): Accepted[] {
    const { operations } = this.#witness
    if (wish.operation !== undefined) {
      const { origin, incarnation, seq } = wish.operation
      const named = operations.get(`${origin}/${incarnation} ${seq}`)
      return named === undefined ? [] : [named]
    }
    const { kind, user, target } = wish
    return [...operations.values()].filter(
      (each) => each.kind === kind && (kind === 'login' ? each.user === user : each.target === target),
    )
  }
}

/**
 * Whether it is, or was before a disk was lost, on the disks that a level asks for: of a list of voters that servers, or the
 * one that says so, used since it was accepted.
 */
export function isHeld(
  witness: Witness,
  { stream, seq }: Pick<Accepted, 'stream' | 'seq'>,
  level: Level,
  by?: string,
): boolean {
  const holders = witness.holders(stream, seq)
  if (level === 'one') return holders.length > 0
  const accepted = witness.operations.get(`${stream} ${seq}`)
  if (accepted === undefined) return false
  return witness.listsSince(accepted.at, by).some((list) => {
    if (level === 'all') return list.names.every((name) => holders.includes(name))
    return isMajorityOf(holders, list)
  })
}

/** Whether every disk that ever held one of these was lost afterwards. */
export function isExcused(witness: Witness, operations: readonly Accepted[]): boolean {
  return operations.every(({ stream, seq }) =>
    witness
      .holders(stream, seq)
      .every((name) => witness.disk(name).losses.some(({ held }) => (held.get(stream) ?? 0) >= seq)),
  )
}
