import type { ReadonlyVector, StreamKey } from '../../../src/wire/index.ts'
import type { Cluster } from '../cluster.ts'
import type { SimulatedServer } from '../server.ts'
import type { Accepted, Checker } from '../witness.ts'
import { Rewrites } from './rewrites.ts'

/** One moment at which a server made the order final up to a clock. */
interface Finalisation {
  readonly clock: number
  readonly at: number
  readonly incarnation: number
  /** Whose promises it waited for, by name, with their incarnations. */
  readonly counted: ReadonlyMap<string, number>
  /** Whom ref had called down, as far as it had heard: it counts none of them. */
  readonly saidDown: readonly string[]
}

interface Facts {
  readonly finalisations: Finalisation[]
  /** The highest clock that any life made final. */
  highest: number
  /** Losses of its disk so far: each ends what was final there. */
  losses: number
}

/** The longest time between two heads of a server that has nothing to tell. */
const HEADS_MS = 500
/** How long a server believes ref's word on who is down, in ms. */
const WORD_OF_REF_MS = 5000
/** How long after a fault its effects on who is heard may be felt, beyond the heartbeat timeout, in ms. */
const SLACK_MS = 1000

/**
 * What is final never changes, but for what came late from a server that was not counted when it became final, for a
 * reason: it could not be heard, or ref could not hear it; and never what one held that was counted. A minority makes nothing final.
 */
export class Finality implements Checker {
  readonly #cluster: Cluster
  readonly #facts = new Map<string, Facts>()
  readonly #rewrites: Rewrites
  /** By name and incarnation: virtual ms at which that life showed its first clock. */
  readonly #livesSince = new Map<string, number>()
  /** By the same: promises, each higher than those before, with what was on its disk then. */
  readonly #promises = new Map<string, { readonly clock: number; readonly held: ReadonlyVector }[]>()

  /** By the same: ref's last word on who is down, and when it came, by the server's own clock. */
  readonly #words = new Map<string, { readonly at: number; readonly names: readonly string[] }>()

  constructor(cluster: Cluster) {
    this.#cluster = cluster
    this.#rewrites = new Rewrites(cluster)
  }

  finalised(server: SimulatedServer, clock: number): void {
    const replica = server.server?.replica
    if (replica === undefined) return
    const { witness, world } = this.#cluster
    const facts = this.#factsOf(server.name)
    const counted = new Map(replica.peers.counted().map(({ name, incarnation }) => [name, incarnation]))
    if (!replica.voting.isMajority([server.name, ...counted.keys()]))
      witness.find(
        `${server.name} made ${clock} final with only ${[...counted.keys()].join(', ') || 'itself'}`,
      )
    facts.highest = Math.max(clock, facts.highest)
    const { incarnation } = server
    facts.finalisations.push({ clock, at: world.now, incarnation, counted, saidDown: this.#saidDown(server) })
  }

  clock({ name, incarnation }: SimulatedServer): void {
    const life = `${name}/${incarnation}`
    if (!this.#livesSince.has(life)) this.#livesSince.set(life, this.#cluster.world.now)
  }

  toldDown({ name, incarnation, process }: SimulatedServer, names: readonly string[]): void {
    this.#words.set(`${name}/${incarnation}`, { at: process.monotonic(), names })
  }

  promised({ name, incarnation }: SimulatedServer, clock: number, durable: ReadonlyVector): void {
    const life = `${name}/${incarnation}`
    const promises = this.#promises.get(life) ?? []
    this.#promises.set(life, promises)
    if (clock > (promises.at(-1)?.clock ?? 0)) promises.push({ clock, held: new Map(durable) })
  }

  flushed(server: SimulatedServer, stream: StreamKey, from: number, to: number): void {
    const facts = this.#factsOf(server.name)
    const { operations } = this.#cluster.witness
    for (let seq = from; seq <= to; seq++) {
      const operation = operations.get(`${stream} ${seq}`)
      if (operation === undefined) continue
      const passed = facts.finalisations.find(({ clock }) => clock >= operation.clock)
      if (passed === undefined) continue
      this.#rewrites.late(server, operation)
      this.#late(server, operation, passed)
    }
  }

  rewritten(server: SimulatedServer, file: string, before: Uint8Array | undefined): void {
    if (!file.endsWith('.jsonl')) return
    this.#rewrites.changed(server, file, before, this.#factsOf(server.name).highest)
  }

  #late(server: SimulatedServer, operation: Accepted, passed: Finalisation): void {
    const { witness } = this.#cluster
    this.#checkHeld(server, operation, passed)
    const { origin, incarnation, id, user, clock } = operation
    const counted = origin === server.name ? passed.incarnation : passed.counted.get(origin)
    if (counted !== undefined && counted <= incarnation && !this.#hasLost(operation, counted)) {
      const how = `counted ${origin} when it made ${passed.clock} final`
      witness.find(`${id} of ${user} (clock ${clock}) came late to ${server.name}, which ${how}`)
    } else if (counted === undefined && !this.#isExcused(server, operation, passed)) {
      const when = `when it made ${passed.clock} final at ${Math.round(passed.at)} ms without ${origin}`
      witness.find(
        `${id} of ${user} (clock ${clock}, ${Math.round(operation.at)} ms) came late to ${server.name}: ${when}`,
      )
    }
  }

  /** Whoever was counted had promised as high, and all that it held then was to be here first. */
  #checkHeld(
    { name }: SimulatedServer,
    { stream, seq, id, user }: Accepted,
    { clock, counted }: Finalisation,
  ): void {
    for (const [giver, incarnation] of counted) {
      const promise = this.#promises.get(`${giver}/${incarnation}`)?.find((each) => each.clock >= clock)
      if ((promise?.held.get(stream) ?? 0) < seq) continue
      this.#cluster.witness.find(
        `${id} of ${user} came late to ${name}, though ${giver} held it when it promised ${clock}`,
      )
    }
  }

  /**
   * Whether the origin lost its disk after the life that promised had begun: with it a later one may have lost how high that
   * promise was. Within one life none is lost.
   */
  #hasLost({ origin, incarnation, at }: Accepted, counted: number): boolean {
    if (counted === incarnation) return false
    const since = this.#livesSince.get(`${origin}/${counted}`) ?? 0
    return this.#cluster.witness.disk(origin).losses.some((loss) => loss.at >= since && loss.at <= at)
  }

  /** Whether there was a reason for which the server could not hear the origin, or the origin was away meanwhile. */
  #isExcused(server: SimulatedServer, { origin, at }: Accepted, passed: Finalisation): boolean {
    const { network, options } = this.#cluster
    const since = Math.min(at, passed.at) - options.heartbeatTimeoutMs - SLACK_MS
    if (network.wasCut(origin, server.name, since) || network.wasCut(server.name, origin, since)) return true
    // Two heads in a row may have been further apart than the timeout.
    const late = options.heartbeatTimeoutMs - HEADS_MS
    if (network.wasSlow(origin, server.name, Math.max(1, late), since)) return true
    // Whom ref cannot hear it may call down later, and those that are new do not know where to reach each other.
    if (passed.saidDown.includes(origin) || network.wasCut(origin, 'ref', since)) return true
    const maker = this.#cluster.server(origin)
    if (maker === undefined || maker.removed) return true
    // It went away after it had accepted the operation, before the others could know of it.
    return maker.startedAt > at || maker.process.frozen || !maker.up || maker.thawedAt > at
  }

  /** Ref calls down whom it cannot hear, or was told to be gone; its last word holds until it is too old. */
  #saidDown({ name, incarnation, process }: SimulatedServer): readonly string[] {
    const word = this.#words.get(`${name}/${incarnation}`)
    return word !== undefined && process.monotonic() - word.at < WORD_OF_REF_MS ? word.names : []
  }

  #factsOf(name: string): Facts {
    let facts = this.#facts.get(name)
    const losses = this.#cluster.witness.disk(name).losses.length
    if (facts === undefined || facts.losses !== losses) {
      facts = { finalisations: [], highest: 0, losses }
      this.#facts.set(name, facts)
    }
    return facts
  }
}
