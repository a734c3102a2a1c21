import { parseLine, type StreamKey } from '../../../src/wire/index.ts'
import type { Cluster } from '../cluster.ts'
import type { SimulatedServer } from '../server.ts'
import type { Accepted, Checker } from '../witness.ts'

/** One moment at which a server made the order final up to a clock. */
interface Finalisation {
  readonly clock: number
  readonly at: number
  readonly incarnation: number
  /** Whose promises it waited for, by name, with their incarnations. */
  readonly counted: ReadonlyMap<string, number>
}

interface Facts {
  readonly finalisations: Finalisation[]
  late: number
  /** Losses of its disk so far: each ends what was final there. */
  losses: number
}

/** The longest time between two heads of a server that has nothing to tell. */
const HEADS_MS = 500
/** How long after a fault its effects on who is heard may be felt, beyond the heartbeat timeout, in ms. */
const SLACK_MS = 1000

/**
 * What is final never changes, but for what came late from a server that was not counted when it became final, for a
 * reason: it could not be heard, or ref could not hear it. A minority makes nothing final.
 */
export class Finality implements Checker {
  readonly #cluster: Cluster
  readonly #facts = new Map<string, Facts>()
  /** The highest clock that any life of a server made final. */
  readonly #highest = new Map<string, number>()

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  finalised(server: SimulatedServer, clock: number): void {
    const replica = server.server?.replica
    if (replica === undefined) return
    const { witness, world } = this.#cluster
    const { finalisations } = this.#factsOf(server.name)
    const counted = new Map(replica.peers.counted().map(({ name, incarnation }) => [name, incarnation]))
    if (!replica.voting.isMajority([server.name, ...counted.keys()]))
      witness.find(
        `${server.name} made ${clock} final with only ${[...counted.keys()].join(', ') || 'itself'}`,
      )
    this.#highest.set(server.name, Math.max(clock, this.#highest.get(server.name) ?? 0))
    const { incarnation } = server
    finalisations.push({ clock, at: world.now, incarnation, counted })
  }

  flushed(server: SimulatedServer, stream: StreamKey, from: number, to: number): void {
    const facts = this.#factsOf(server.name)
    if ((facts.finalisations.at(-1)?.clock ?? 0) === 0) return
    const { operations } = this.#cluster.witness
    for (let seq = from; seq <= to; seq++) {
      const operation = operations.get(`${stream} ${seq}`)
      if (operation === undefined) continue
      const passed = facts.finalisations.find(({ clock }) => clock >= operation.clock)
      if (passed === undefined) continue
      facts.late++
      this.#late(server, operation, passed)
    }
  }

  rewritten(server: SimulatedServer, file: string, before: Uint8Array): void {
    if (!file.endsWith('.jsonl')) return
    const after = server.disk.text(file)
    const text = Buffer.from(before).toString()
    if (after.startsWith(text)) return
    if (this.#isBehindFormerLife(server)) return
    const lines = text.split('\n').slice(0, -1)
    const { witness } = this.#cluster
    if (
      !after.startsWith(lines.join('\n')) &&
      this.#factsOf(server.name).late === 0 &&
      !this.#lostDisk(server)
    )
      witness.find(`${server.name} changed ${file} before its end though nothing came late`)
    const left = new Set(after.split('\n'))
    const keys = new Set([...left].filter((line) => line !== '').map(keyOf))
    for (const line of lines) {
      if (!left.has(line) && !keys.has(keyOf(line)))
        witness.find(`${server.name} took a line out of ${file}: ${line}`)
    }
  }

  #late(server: SimulatedServer, operation: Accepted, passed: Finalisation): void {
    const { witness } = this.#cluster
    const { origin, incarnation, id, user, clock } = operation
    const counted = origin === server.name ? passed.incarnation : passed.counted.get(origin)
    const lost = witness.disk(origin).losses.length > 0
    if (counted !== undefined && counted <= incarnation && !lost) {
      const how = `counted ${origin} when it made ${passed.clock} final`
      witness.find(`${id} of ${user} (clock ${clock}) came late to ${server.name}, which ${how}`)
    } else if (counted === undefined && !this.#isExcused(server, operation, passed)) {
      const when = `when it made ${passed.clock} final at ${Math.round(passed.at)} ms without ${origin}`
      witness.find(
        `${id} of ${user} (clock ${clock}, ${Math.round(operation.at)} ms) came late to ${server.name}: ${when}`,
      )
    }
  }

  /** Whether there was a reason for which the server could not hear the origin, or the origin was away meanwhile. */
  #isExcused(server: SimulatedServer, { origin, at }: Accepted, passed: Finalisation): boolean {
    const { network, options, everSaidGone } = this.#cluster
    const since = Math.min(at, passed.at) - options.heartbeatTimeoutMs - SLACK_MS
    if (network.wasCut(origin, server.name, since) || network.wasCut(server.name, origin, since)) return true
    // Two heads in a row may have been further apart than the timeout.
    const late = options.heartbeatTimeoutMs - HEADS_MS
    if (network.wasSlow(origin, server.name, Math.max(1, late), since)) return true
    // Ref calls down whom it cannot hear, and nobody counts whom it calls so.
    if (everSaidGone.has(origin) || network.wasCut(origin, 'ref', since)) return true
    const maker = this.#cluster.server(origin)
    if (maker === undefined || maker.removed) return true
    // It went away after it had accepted the operation, before the others could know of it.
    return maker.startedAt > at || maker.process.frozen || !maker.up || maker.thawedAt > at
  }

  /**
   * After a start the promises that are heard may be lower than those which a former life had: until they are not, the
   * files end where the order is final for this life.
   */
  #isBehindFormerLife({ name, store }: SimulatedServer): boolean {
    return store === undefined || store.finalClock < (this.#highest.get(name) ?? 0)
  }

  #lostDisk({ name }: SimulatedServer): boolean {
    return this.#cluster.witness.disk(name).losses.length > 0
  }

  #factsOf(name: string): Facts {
    let facts = this.#facts.get(name)
    const losses = this.#cluster.witness.disk(name).losses.length
    if (facts === undefined || facts.losses !== losses) {
      facts = { finalisations: [], late: 0, losses }
      this.#facts.set(name, facts)
    }
    return facts
  }
}

function keyOf(line: string): string {
  try {
    const { user, id } = parseLine(line)
    return `${user} ${id}`
  } catch {
    return line
  }
}
