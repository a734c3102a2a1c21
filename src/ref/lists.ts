import type { Log } from '../ports/index.ts'
import type { Heartbeat, Vector, Voters } from '../wire/index.ts'
import type { Members } from './members.ts'
import type { RefRecord } from './record.ts'
import { heldByAny, highestList, isMajority, majorityHolds, sameList } from './voters.ts'

export interface ListsOptions {
  readonly record: RefRecord
  readonly members: Members
  /** Names wanted by the settings; an operator's report takes their place. */
  readonly servers: readonly string[]
  readonly log: Log
}

/**
 * Who has which rank and who votes. Decides nothing before a majority of the voters has shown that it knows no newer
 * list than ref's own; changes the list by one server at a time, once the last change is on enough disks.
 */
export class Lists {
  readonly #options: ListsOptions
  #confirmed = false
  /** What must be on the others' disks before a server that has stopped accepting may be taken off. */
  readonly #drains = new Map<string, Vector>()
  readonly #drained = new Set<string>()

  constructor(options: ListsOptions) {
    this.#options = options
  }

  /** Whether ref knows the newest list, and so may speak of ranks and voters. */
  get confirmed(): boolean {
    return this.#confirmed
  }

  get wanted(): readonly string[] | undefined {
    const { record, servers } = this.#options
    return record.wanted ?? (servers.length > 0 ? servers : undefined)
  }

  isDrained(name: string): boolean {
    return this.#drained.has(name)
  }

  /** The rank of a server, a new one if it is wanted and has none; 0 while ref may give none. */
  rankOf(name: string): number {
    const { ranks } = this.#options.record
    if (!this.#confirmed) return 0
    const known = ranks[name]
    if (known !== undefined) return known
    if (this.wanted?.includes(name) !== true) return 0
    const rank = Math.max(0, ...Object.values(ranks)) + 1
    ranks[name] = rank
    return rank
  }

  /** Draws the conclusions from what is heard now (monotonic ms). */
  review(now: number): void {
    const live = this.#options.members.liveServers(now)
    this.#learn(live)
    if (this.#options.record.voters.epoch === 0) this.#first(live)
    if (this.#confirmed) this.#change(live, now)
  }

  #learn(live: readonly Heartbeat[]): void {
    const { record } = this.#options
    const names = live.map(({ name }) => name)
    const highest = highestList(live)
    if (highest !== undefined && highest.epoch > record.voters.epoch) {
      this.#confirmed = false
      if (isMajority(names, highest.names)) this.#adopt(highest, live)
      return
    }
    if (record.voters.epoch === 0) return
    // Another ref may have proposed a list of the same epoch: the servers decided.
    for (const { voters } of live) {
      if (voters === undefined || voters.epoch !== record.voters.epoch || sameList(voters, record.voters))
        continue
      const holders = live.filter((each) => sameList(each.voters, voters)).map(({ name }) => name)
      if (isMajority(holders, voters.names)) return this.#adopt(voters, live)
    }
    if (isMajority(names, record.voters.names)) this.#confirmed = true
  }

  #adopt(voters: Voters, live: readonly Heartbeat[]): void {
    const { record, log } = this.#options
    // A ref that has forgotten everything knows no list before this one.
    const follows = record.voters.epoch > 0 && voters.epoch === record.voters.epoch + 1
    record.former = follows ? record.voters.names : voters.names
    record.voters = { epoch: voters.epoch, names: voters.names }
    record.ranks = mergeRanks(record.ranks, live)
    this.#confirmed = true
    log.info(
      { epoch: voters.epoch, voters: voters.names, ranks: record.ranks },
      'Learned ranks and voters from the servers',
    )
  }

  /**
   * The first list is whole, and made only when every server that is wanted or has a pod says that it has none. Of some
   * one could not tell a new cluster from one that grows while ref was replaced: its new servers have no list either.
   */
  #first(live: readonly Heartbeat[]): void {
    const { record, members, log } = this.#options
    const wanted = this.wanted
    if (wanted === undefined) return
    const heard = new Set(live.map(({ name }) => name))
    const all = [...wanted, ...members.podsOfServers()]
    if (highestList(live) !== undefined || !all.every((name) => heard.has(name))) return
    record.ranks = mergeRanks(record.ranks, live)
    this.#confirmed = true
    for (const name of wanted) this.rankOf(name)
    record.voters = { epoch: 1, names: [...wanted] }
    record.former = record.voters.names
    log.info({ epoch: 1, voters: wanted }, 'Made the first list of voters')
  }

  #change(live: readonly Heartbeat[], now: number): void {
    const { record, members } = this.#options
    const wanted = this.wanted
    if (wanted === undefined) return
    const { voters, former } = record
    const leaving = voters.names.filter((name) => !wanted.includes(name))
    let removed: string | undefined
    // Each is looked at, for `list` shows of each whether it is drained.
    for (const name of leaving) if (this.#checkDrained(name, live, now)) removed ??= name
    for (const name of wanted) this.#drained.delete(name)
    for (const name of wanted) this.#drains.delete(name)
    const holders = live.filter((each) => sameList(each.voters, voters)).map(({ name }) => name)
    if (!isMajority(holders, voters.names) || !isMajority(holders, former)) return
    const added = live
      .filter(({ name, state }) => state === 'up' && wanted.includes(name) && !voters.names.includes(name))
      .filter(({ name }) => members.stateOf(name, now) === 'up' && this.rankOf(name) > 0)
      .toSorted((a, b) => this.rankOf(a.name) - this.rankOf(b.name))[0]
    if (added !== undefined) return this.#propose([...voters.names, added.name])
    if (removed !== undefined) this.#propose(voters.names.filter((name) => name !== removed))
  }

  /** Whether a voter that is no longer wanted may go: it accepts nothing more, and the rest has what anyone has. */
  #checkDrained(name: string, live: readonly Heartbeat[], now: number): boolean {
    const { record, members } = this.#options
    const rest = record.voters.names.filter((each) => each !== name)
    const ended = members.stateOf(name, now) === 'down' || members.get('server', name)?.stopped === true
    if (!ended || rest.length === 0) {
      this.#drains.delete(name)
      this.#drained.delete(name)
      return false
    }
    const target = this.#drains.get(name) ?? heldByAny(live)
    this.#drains.set(name, target)
    if (!majorityHolds(target, live, rest)) return false
    this.#drained.add(name)
    return true
  }

  #propose(names: readonly string[]): void {
    const { record, log } = this.#options
    record.former = record.voters.names
    record.voters = { epoch: record.voters.epoch + 1, names }
    this.#drains.clear()
    log.info(
      { epoch: record.voters.epoch, voters: names, former: record.former },
      'Proposed a new list of voters',
    )
  }
}

/** Ranks as most servers know them, then ref's own for names and ranks that nobody claims. */
function mergeRanks(
  own: Readonly<Record<string, number>>,
  live: readonly Heartbeat[],
): Record<string, number> {
  const claims = new Map<string, { name: string; rank: number; count: number }>()
  for (const { name, rank, ranks } of live) {
    for (const [each, claimed] of Object.entries({
      ...ranks,
      ...(rank === undefined ? {} : { [name]: rank }),
    })) {
      if (claimed === 0) continue
      const claim = claims.get(`${each} ${claimed}`) ?? { name: each, rank: claimed, count: 0 }
      claim.count++
      claims.set(`${each} ${claimed}`, claim)
    }
  }
  // Without a prototype: `constructor` is a name like any other.
  const merged: Record<string, number> = Object.create(null)
  const sorted = [...claims.values()].toSorted((a, b) => b.count - a.count || a.rank - b.rank)
  const claimed = sorted.map(({ name, rank }): [string, number] => [name, rank])
  for (const [name, rank] of [...claimed, ...Object.entries(own)]) {
    if (!Object.hasOwn(merged, name) && !Object.values(merged).includes(rank)) merged[name] = rank
  }
  return merged
}
