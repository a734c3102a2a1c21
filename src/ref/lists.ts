import type { Log } from '../ports/index.ts'
import { type Heartbeat, isMajority, isMajorityOf, type Voters } from '../wire/index.ts'
import type { Members } from './members.ts'
import type { RefRecord } from './record.ts'
import { Target } from './target.ts'
import { highestList, risen, sameList } from './voters.ts'

export interface ListsOptions {
  readonly record: RefRecord
  readonly members: Members
  /** Names wanted by the settings; an operator's report takes their place. */
  readonly servers: readonly string[]
  readonly log: Log
}

/**
 * Who has which rank and who votes. Decides nothing before a majority of the voters has shown that it knows no newer
 * list than ref's own; changes the list by one server at a time, in two steps, each once the last is on enough disks.
 */
export class Lists {
  readonly #options: ListsOptions
  #confirmed = false
  /** The epoch of the list that was seen on enough disks. */
  #heldEpoch = 0
  #target: Target | undefined

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

  /**
   * Whether a server that is on no list now may be gone for good: the list without it is on so many disks that nobody
   * needs the one before it again, not even a ref that has lost its file.
   */
  isOff(name: string): boolean {
    const { voters, former } = this.#options.record
    const isListed = [voters.names, voters.next ?? [], former].some((list) => list.includes(name))
    return this.#confirmed && this.#heldEpoch === voters.epoch && !isListed
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
      if (isMajorityOf(names, highest)) this.#adopt(highest, live)
      return
    }
    if (record.voters.epoch === 0) return
    // Another ref may have proposed a list of the same epoch: the servers decided.
    for (const { voters } of live) {
      if (voters === undefined || voters.epoch !== record.voters.epoch || sameList(voters, record.voters))
        continue
      const holders = live.filter((each) => sameList(each.voters, voters)).map(({ name }) => name)
      if (isMajorityOf(holders, voters)) return this.#adopt(voters, live)
    }
    if (!this.#confirmed && isMajorityOf(names, record.voters)) this.#confirm(live)
  }

  /** The list is the newest, and the file it is from may yet be older than some ranks: the servers know those. */
  #confirm(live: readonly Heartbeat[]): void {
    const { record } = this.#options
    record.ranks = mergeRanks(record.ranks, live)
    this.#confirmed = true
  }

  #adopt(voters: Voters, live: readonly Heartbeat[]): void {
    const { record, log } = this.#options
    // A ref that has forgotten everything knows no list before this one.
    const follows = record.voters.epoch > 0 && voters.epoch === record.voters.epoch + 1
    record.former = follows ? record.voters.names : voters.names
    record.voters = voters
    this.#target = undefined
    record.ranks = mergeRanks(record.ranks, live)
    this.#confirmed = true
    log.info({ ...voters, ranks: record.ranks }, 'Learned ranks and voters from the servers')
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

  /** One step of the way to the list that is wanted: each waits until the former is on enough disks. */
  #change(live: readonly Heartbeat[], now: number): void {
    const { record } = this.#options
    const { voters, former } = record
    const { wanted } = this
    if (wanted === undefined) return
    const holders = live.filter((each) => sameList(each.voters, voters)).map(({ name }) => name)
    if (!isMajorityOf(holders, voters) || !isMajority(holders, former)) return
    // It stays so, whoever of the former list goes now.
    record.former = voters.names
    this.#heldEpoch = voters.epoch
    if (voters.next === undefined) this.#begin(wanted, live, now)
    else this.#conclude(voters.next, wanted, live, now)
  }

  /** Names the list that shall follow, so that from now on a majority is one of both. */
  #begin(wanted: readonly string[], live: readonly Heartbeat[], now: number): void {
    const { record, members } = this.#options
    const { names } = record.voters
    const byRank = (a: string, b: string): number => this.rankOf(a) - this.rankOf(b)
    const added = live
      .filter(({ name, state }) => state === 'up' && wanted.includes(name) && !names.includes(name))
      .map(({ name }) => name)
      .filter((name) => members.stateOf(name, now) === 'up' && this.rankOf(name) > 0)
      .toSorted(byRank)[0]
    if (added !== undefined) return this.#propose({ names, next: [...names, added] })
    const removed = names
      .filter((name) => !wanted.includes(name) && this.#hasEnded(name, now))
      .toSorted(byRank)
      .at(-1)
    const rest = names.filter((name) => name !== removed)
    // While the rest is no majority of itself nothing could be acknowledged.
    if (removed !== undefined && isMajority(risen(live), rest)) this.#propose({ names, next: rest })
  }

  /**
   * Goes over to the list that follows once a majority of it has what anyone had when both lists had begun to count:
   * what is acknowledged since then is on a majority of both.
   */
  #conclude(
    next: readonly string[],
    wanted: readonly string[],
    live: readonly Heartbeat[],
    now: number,
  ): void {
    const { names } = this.#options.record.voters
    const removed = names.find((name) => !next.includes(name))
    const added = next.find((name) => !names.includes(name))
    // It is no longer meant.
    if (removed === undefined ? !wanted.includes(added ?? '') : wanted.includes(removed))
      return this.#propose({ names })
    if (removed !== undefined && !this.#hasEnded(removed, now)) {
      this.#target = undefined
      return
    }
    if (this.#target === undefined || this.#target.isOutdated(names, live)) this.#target = new Target(live)
    if (this.#target.isHeldBy(next, live)) this.#propose({ names: next })
  }

  /** Whether a voter that is no longer wanted accepts nothing more. */
  #hasEnded(name: string, now: number): boolean {
    const { members } = this.#options
    return members.stateOf(name, now) === 'down' || members.get('server', name)?.stopped === true
  }

  #propose(list: Omit<Voters, 'epoch'>): void {
    const { record, log } = this.#options
    record.former = record.voters.names
    record.voters = { epoch: record.voters.epoch + 1, ...list }
    this.#target = undefined
    log.info({ ...record.voters, former: record.former }, 'Proposed a new list of voters')
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
