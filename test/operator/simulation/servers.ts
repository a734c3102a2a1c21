import type { Heartbeat, HeartbeatReply, Voters } from '../../../src/wire/index.ts'
import { EPOCH_MS } from './api-server.ts'
import type { World } from './world.ts'

/** What is on a server's volume. */
export interface Disk {
  voters: Voters
  rank: number
  ranks: Record<string, number>
  /** Operations held, from 1 on without holes. */
  held: number
  /** Whether it ever held what it should. */
  intact: boolean
}

export function emptyDisk(): Disk {
  return { voters: { epoch: 0, names: [] }, rank: 0, ranks: {}, held: 0, intact: false }
}

/** A server's process as far as membership goes: it heartbeats, keeps lists, catches up, leaves. */
export class ServerProcess {
  readonly name: string
  readonly uid: string
  readonly disk: Disk
  readonly incarnation: number
  state: 'joining' | 'up' | 'leaving' = 'joining'
  stopped = false
  alive = true

  constructor(world: World, name: string, uid: string, disk: Disk) {
    this.name = name
    this.uid = uid
    this.disk = disk
    this.incarnation = Math.floor(EPOCH_MS + world.time.now)
  }

  heartbeat(cluster: string, coordinator: string): Heartbeat {
    const { disk, name, uid, incarnation, state, stopped } = this
    return {
      cluster,
      name,
      role: 'server',
      uid,
      address: `tcp://${name}:5560`,
      incarnation,
      rank: disk.rank,
      ranks: { ...disk.ranks },
      voters: disk.voters,
      state,
      stopped,
      coordinator,
      durable: disk.held === 0 ? {} : { 'load/1': disk.held },
    }
  }

  told(world: World, reply: HeartbeatReply): void {
    const { disk } = this
    if (!this.alive) return
    if (reply.rank > 0) disk.rank = reply.rank
    for (const { name, rank } of reply.servers) if (rank > 0) disk.ranks[name] = rank
    if (reply.voters !== undefined && reply.voters.epoch > disk.voters.epoch) disk.voters = reply.voters
    const own = reply.servers.find(({ name }) => name === this.name)
    if (own?.state === 'leaving' && this.state === 'up') {
      this.state = 'leaving'
      world.later(100, 800, () => {
        this.stopped = this.state === 'leaving'
      })
    } else if (own?.state === 'up' && this.state === 'leaving') {
      this.state = 'up'
      this.stopped = false
    }
  }
}

/** All servers' processes, the load on them, and what was acknowledged. */
export class Servers {
  readonly processes = new Map<string, ServerProcess>()
  readonly #world: World
  total = 0
  acknowledged = 0
  load = true

  constructor(world: World) {
    this.#world = world
    world.time.process().every(100, () => this.#tick())
  }

  get live(): ServerProcess[] {
    return [...this.processes.values()].filter(({ alive }) => alive)
  }

  /** The newest list of voters on any disk that a process uses. */
  get newest(): Disk['voters'] {
    return this.live
      .map(({ disk }) => disk.voters)
      .reduce((a, b) => (b.epoch > a.epoch ? b : a), emptyDisk().voters)
  }

  get coordinator(): string {
    const up = this.live.filter(({ state, disk }) => state === 'up' && disk.rank > 0)
    return up.toSorted((a, b) => a.disk.rank - b.disk.rank)[0]?.name ?? ''
  }

  /** Ready as its own probe says: caught up, and a majority of its voters is heard. */
  isReady(process: ServerProcess): boolean {
    return process.state === 'up' && this.#hearsMajority(process, ({ state }) => state !== 'joining')
  }

  #hearsMajority({ disk }: ServerProcess, counts: (process: ServerProcess) => boolean): boolean {
    return isMajorityOf(this.live.filter(counts), disk.voters)
  }

  #tick(): void {
    const { live } = this
    for (const process of live) if (process.state === 'joining') this.#rise(process)
    const accepting = live.filter((each) => this.isReady(each))
    const origin = this.#world.pick(accepting)
    if (this.load && origin !== undefined) {
      this.total++
      const operation = this.total
      for (const each of live) {
        if (each.state === 'joining') continue
        const put = (): void => {
          if (!each.alive) return
          each.disk.held = Math.max(each.disk.held, operation)
          this.#acknowledge(operation, origin)
        }
        if (each === origin) put()
        else this.#world.later(10, 250, put)
      }
    }
    // Holes are filled from whoever holds more.
    const most = Math.max(0, ...live.map(({ disk }) => disk.held))
    for (const each of live) if (each.state !== 'joining' && this.#world.odds(0.3)) each.disk.held = most
  }

  #acknowledge(operation: number, { disk }: ServerProcess): void {
    const holders = this.live.filter((each) => each.disk.held >= operation)
    if (isMajorityOf(holders, disk.voters)) this.acknowledged = Math.max(this.acknowledged, operation)
  }

  /** Caught up when it has all that a majority of the voters has: those that run with an intact disk, or have caught up. */
  #rise(process: ServerProcess): void {
    const { disk } = process
    const sources = this.live.filter((each) => each.state !== 'joining' || each.disk.intact)
    const isFirst = disk.voters.epoch === 1 && this.total === 0 && isMajorityOf(this.live, disk.voters)
    if (!(isFirst || isMajorityOf(sources, disk.voters)) || !this.#world.odds(0.1)) return
    disk.held = Math.max(disk.held, ...sources.map((each) => each.disk.held))
    disk.intact = true
    process.state = 'up'
  }
}

/** Whether these are a majority of the list, and of the one that is to follow if there is one. */
export function isMajorityOf(processes: readonly ServerProcess[], voters: Voters): boolean {
  const { names, next = names } = voters as Voters & { next?: readonly string[] }
  const present = new Set(processes.map(({ name }) => name))
  const holds = (list: readonly string[]): boolean =>
    list.filter((name) => present.has(name)).length > list.length / 2
  return holds(names) && holds(next)
}
