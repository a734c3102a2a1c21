import {
  type Heartbeat,
  type MembersReport,
  RecadoError,
  SERVERS_MAX,
  type ServerState,
} from '../wire/index.ts'

/** Silence in ms after which a process is suspect, and after which it counts as down. */
const SUSPECT_MS = 3000
const DOWN_MS = 10_000
/** How long the address of a silent broker or proxy is still given out. */
const ADDRESS_MS = 15_000

type Pod = MembersReport['pods'][number]

/** One process and what it last said. */
interface Member {
  readonly heartbeat: Heartbeat
  /** Monotonic ms. */
  readonly heardAt: number
}

/** Who heartbeats, and what is known of their pods. */
export class Members {
  readonly #members = new Map<string, Member>()
  /** The pods of an operator's newest report, by uid and by role and name; undefined while there was none. */
  #pods: ReadonlyMap<string, Pod> | undefined
  /** What any report has named, of those that heartbeat or are in the newest one. */
  #reported: ReadonlySet<string> = new Set()
  readonly #startedAt: number

  constructor(startedAt: number) {
    this.#startedAt = startedAt
  }

  /** Takes a heartbeat. @throws RecadoError `overloaded` when there are too many names already */
  hear(heartbeat: Heartbeat, now: number): void {
    const key = keyOf(heartbeat.role, heartbeat.name)
    if (!this.#members.has(key) && this.#members.size >= SERVERS_MAX) this.#forget(now)
    if (!this.#members.has(key) && this.#members.size >= SERVERS_MAX) {
      throw new RecadoError('overloaded', `Ref knows ${SERVERS_MAX} processes already; remove some first`)
    }
    this.#members.set(key, { heartbeat, heardAt: now })
  }

  get(role: Heartbeat['role'], name: string): Heartbeat | undefined {
    return this.#members.get(keyOf(role, name))?.heartbeat
  }

  /**
   * The newest process of this name, which no older one may go before. Of brokers and proxies one that is down is forgotten:
   * they keep nothing, and the next has a lower incarnation if its machine's clock went back.
   */
  newest(role: Heartbeat['role'], name: string, now: number): Heartbeat | undefined {
    const member = this.#members.get(keyOf(role, name))
    if (member === undefined || (role !== 'server' && now - member.heardAt >= DOWN_MS)) return undefined
    return member.heartbeat
  }

  servers(): Heartbeat[] {
    return [...this.#members.values()]
      .map(({ heartbeat }) => heartbeat)
      .filter(({ role }) => role === 'server')
  }

  /** What servers are heard now. */
  liveServers(now: number): Heartbeat[] {
    return this.servers().filter(({ name }) => this.isLive(name, now))
  }

  isLive(name: string, now: number): boolean {
    const member = this.#members.get(keyOf('server', name))
    return member !== undefined && this.#isHeard(member, now)
  }

  #isHeard({ heartbeat, heardAt }: Member, now: number): boolean {
    return now - heardAt < SUSPECT_MS && !this.#isGone(heartbeat)
  }

  /** Which generation of its keys each process has read: of those that are heard now and say so. */
  keys(now: number): Record<string, number> {
    const live = [...this.#members].filter(([, member]) => this.#isHeard(member, now))
    return Object.fromEntries(
      live.flatMap(([key, { heartbeat }]) => (heartbeat.keys === undefined ? [] : [[key, heartbeat.keys]])),
    )
  }

  /** By silence and reports alone; a server not heard since ref's start gets its time to be. */
  stateOf(name: string, now: number): Exclude<ServerState, 'removed'> {
    const member = this.#members.get(keyOf('server', name))
    const silence = now - (member?.heardAt ?? this.#startedAt)
    if (silence >= DOWN_MS || (member !== undefined && this.#isGone(member.heartbeat))) return 'down'
    if (member === undefined || silence >= SUSPECT_MS) return 'suspect'
    return member.heartbeat.state ?? 'joining'
  }

  /** Addresses of brokers or proxies that are heard or were until lately, in the order of their names. */
  addresses(role: 'broker' | 'proxy', now: number): string[] {
    const heard = [...this.#members.values()].filter(
      ({ heartbeat, heardAt }) =>
        heartbeat.role === role && heartbeat.address !== '' && now - heardAt < ADDRESS_MS,
    )
    const usable = heard.filter(({ heartbeat }) => !this.#isGone(heartbeat))
    return [...new Set(usable.map(({ heartbeat }) => heartbeat.address))].toSorted()
  }

  /** Takes an operator's word for what is terminating or gone; it makes nothing up. */
  report(pods: MembersReport['pods']): void {
    const current = new Map<string, Pod>()
    for (const pod of pods) {
      current.set(podKey(pod), pod)
      current.set(keyOf(pod.role, pod.name), pod)
    }
    const known = [...this.#members.values()].map(({ heartbeat }) => podKey(heartbeat))
    this.#reported = new Set([...current.keys(), ...known.filter((key) => this.#reported.has(key))])
    this.#pods = current
  }

  /** The names of servers that have pods, by an operator's newest report. */
  podsOfServers(): string[] {
    const pods = [...(this.#pods?.values() ?? [])].filter(({ role }) => role === 'server')
    return [...new Set(pods.map(({ name }) => name))]
  }

  /**
   * Terminating, or no longer named though a report has named it before. One that no report has named yet may only be
   * newer than the newest.
   */
  #isGone(heartbeat: Heartbeat): boolean {
    const key = podKey(heartbeat)
    const pod = this.#pods?.get(key)
    return pod === undefined ? this.#reported.has(key) : pod.terminating
  }

  #forget(now: number): void {
    for (const [key, { heardAt }] of this.#members) if (now - heardAt >= ADDRESS_MS) this.#members.delete(key)
  }
}

function keyOf(role: string, name: string): string {
  return `${role}/${name}`
}

/** Pods are told apart by their uids; a process that has none is known by its name. */
function podKey({ uid, role, name }: { uid?: string; role: string; name: string }): string {
  return uid === undefined ? keyOf(role, name) : `uid ${uid}`
}
