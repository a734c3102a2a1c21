import { type Operation, type Publication, parseLine, streamKey } from '../../../src/wire/index.ts'
import { CHANNEL } from '../clients/party.ts'
import type { Cluster } from '../cluster.ts'
import type { Accepted, Checker, Scope } from '../witness.ts'
import { isExcused } from './durability.ts'

/**
 * What a subscriber with history receives is complete (from its start on, be that now), once by (user, id), each
 * incarnation's in its order. Subscribers are named `name/number`: one that subscribes again goes on from its cursor.
 */
export class Subscribers implements Checker {
  readonly #cluster: Cluster
  /** By name: what was delivered, over all its lives. */
  readonly #delivered = new Map<string, Map<string, Publication>>()
  readonly #scopes = new Map<string, Scope>()
  readonly #last = new Map<string, number>()
  readonly #ids = new Set<string>()

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  subscribed(subscriber: string, scope: Scope): void {
    this.#deliveredTo(nameOf(subscriber))
    this.#scopes.set(nameOf(subscriber), scope)
  }

  delivered(subscriber: string, publication: Publication): void {
    const { witness } = this.#cluster
    const { operation, user, id } = publication
    const { origin, incarnation, seq } = operation
    const name = nameOf(subscriber)
    const all = this.#deliveredTo(name)
    const place = `${origin}/${incarnation} ${seq}`
    if (all.has(place)) witness.find(`${subscriber} received ${id} of ${user} again`)
    if (seq <= (this.#scopes.get(name)?.beyond?.get(streamKey(origin, incarnation)) ?? 0))
      witness.find(`${subscriber} received ${id} of ${user}, which was there before it began`)
    all.set(place, publication)
    const key = `${subscriber} ${user} ${id}`
    if (this.#ids.has(key)) witness.find(`${subscriber} received ${id} of ${user} twice`)
    this.#ids.add(key)
    const stream = `${name} ${origin}/${incarnation}`
    if (seq <= (this.#last.get(stream) ?? 0))
      witness.find(`${subscriber} received ${id} of ${user} out of its incarnation's order`)
    this.#last.set(stream, Math.max(seq, this.#last.get(stream) ?? 0))
  }

  /** Whether subscriptions have delivered all that they are to, those from now on once they have begun. */
  haveAll(): boolean {
    for (const [name, scope] of this.#scopes) {
      const received = this.#receivedBy(name)
      if (!Number.isFinite(scope.since)) return false
      for (const key of owed(this.#cluster, scope).keys()) if (!received.has(key)) return false
    }
    return true
  }

  end(): void {
    const { witness } = this.#cluster
    for (const [name, delivered] of this.#delivered) {
      const scope = this.#scopes.get(name) as Scope
      const final = owed(this.#cluster, { ...scope, since: 0 })
      const received = this.#receivedBy(name)
      for (const key of owed(this.#cluster, scope).keys())
        if (!received.has(key)) witness.find(`${name} never received ${key}`)
      for (const publication of delivered.values()) {
        const key = keyOf(publication)
        if (final.has(key)) continue
        const accepted = operationOf(this.#cluster, publication)
        const level = witness.wishes.get(key)?.level
        if (level === 'one' && isExcused(witness, accepted)) continue
        witness.find(`${name} received ${key}, which is lost`)
      }
    }
  }

  #receivedBy(name: string): Set<string> {
    return new Set([...this.#deliveredTo(name).values()].map(keyOf))
  }

  #deliveredTo(name: string): Map<string, Publication> {
    const known = this.#delivered.get(name)
    if (known !== undefined) return known
    const none = new Map<string, Publication>()
    this.#delivered.set(name, none)
    return none
  }
}

/** The party behind a subscription: its next one goes on where this one ends. */
function nameOf(subscriber: string): string {
  return subscriber.slice(0, subscriber.lastIndexOf('/'))
}

/** The lines of the channel in the files, as all servers have them in the end, by user and id; or those from and to a user. */
export function finalMessages(cluster: Cluster, inbox?: string): Map<string, { user: string; id: string }> {
  return finalLines(cluster, inbox !== undefined, ({ user, target }) =>
    inbox === undefined ? target === CHANNEL : user === inbox || target === inbox,
  )
}

/** The final lines that a subscription is to bring: not what anybody accepted before, though it be made anew later. */
function owed(cluster: Cluster, { to, since }: Scope): Map<string, { user: string; id: string }> {
  const early = new Set<string>()
  for (const operation of cluster.witness.operations.values())
    if (operation.at < since) early.add(keyOf(operation))
  return finalLines(
    cluster,
    to !== undefined,
    (line) => line.target === (to ?? CHANNEL) && !early.has(keyOf(line)),
  )
}

function finalLines(
  { servers }: Cluster,
  direct: boolean,
  wanted: (line: Operation) => boolean,
): Map<string, { user: string; id: string }> {
  const any = servers.find(({ removed }) => !removed)
  const file = direct ? 'messages.jsonl' : 'publications.jsonl'
  const lines = (any?.disk.text(file) ?? '').split('\n').slice(0, -1)
  const found = lines.map((line) => parseLine(line)).filter(wanted)
  return new Map(found.map((each) => [keyOf(each), each]))
}

function operationOf({ witness }: Cluster, { operation }: Publication): Accepted[] {
  const { origin, incarnation, seq } = operation
  const accepted = witness.operations.get(`${origin}/${incarnation} ${seq}`)
  return accepted === undefined ? [] : [accepted]
}

function keyOf({ user, id }: { user: string; id: string }): string {
  return `${user} ${id}`
}
