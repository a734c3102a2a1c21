import { comparePositions, type Operation, parseLine } from '../../../src/wire/index.ts'
import type { Cluster } from '../cluster.ts'
import type { Accepted, Checker, Wish } from '../witness.ts'

const FILES = ['publications.jsonl', 'messages.jsonl', 'registry.json']

/**
 * In the end all files are equal, and what one can recompute from the operations alone: all that any disk kept, in the
 * total order, of each (user, id) the first; and a sender's own order is kept.
 */
export class FinalFiles implements Checker {
  readonly #cluster: Cluster

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  end(): void {
    const { witness, servers } = this.#cluster
    const [first, ...others] = servers.filter(({ removed }) => !removed)
    if (first === undefined) return
    for (const file of FILES) {
      const text = first.disk.text(file)
      for (const other of others) {
        if (other.disk.text(file) !== text)
          witness.find(`${file} differs between ${first.name} and ${other.name}`)
      }
    }
    const expected = this.#expected()
    const publications = expected.filter(({ kind }) => kind === 'publish')
    const messages = expected.filter(({ kind }) => kind === 'message')
    this.#compare(first.disk.text('publications.jsonl'), publications, 'publications.jsonl')
    this.#compare(first.disk.text('messages.jsonl'), messages, 'messages.jsonl')
    const users = [...new Set(expected.filter(({ kind }) => kind === 'login').map(({ user }) => user))]
    const channels = [
      ...new Set(expected.filter(({ kind }) => kind === 'channel').map(({ target }) => target)),
    ]
    const registry = { users: users.toSorted(), channels: channels.toSorted() }
    if (first.disk.text('registry.json') !== `${JSON.stringify(registry, null, 2)}\n`)
      witness.find(`registry.json is not ${JSON.stringify(registry)}`)
    this.#checkSenders(expected)
  }

  /** What the disks hold, in the order, those left out that come under an id again. */
  #expected(): Accepted[] {
    const { witness, servers } = this.#cluster
    const disks = servers.filter(({ removed }) => !removed).map(({ name }) => witness.disk(name).holds)
    const ids = new Set<string>()
    return [...witness.operations.values()]
      .filter(({ stream, seq }) => disks.some((holds) => (holds.get(stream) ?? 0) >= seq))
      .toSorted(comparePositions)
      .filter(({ user, id }) => {
        const key = `${user} ${id}`
        if (ids.has(key)) return false
        ids.add(key)
        return true
      })
  }

  #compare(text: string, expected: readonly Accepted[], file: string): void {
    const { witness } = this.#cluster
    const lines = text.split('\n').slice(0, -1)
    for (let index = 0; index < Math.max(lines.length, expected.length); index++) {
      const wanted = expected[index]
      const line = lines[index]
      if (wanted !== undefined && line !== undefined && isLineOf(line, wanted)) continue
      const should =
        wanted === undefined ? 'nothing' : `${wanted.id} of ${wanted.user} (${wanted.stream} ${wanted.seq})`
      witness.find(`Line ${index + 1} of ${file} should be ${should}, and is ${line ?? 'nothing'}`)
      return
    }
  }

  /** What was acknowledged before the same sender asked for the next stands before it. */
  #checkSenders(expected: readonly Accepted[]): void {
    const { witness } = this.#cluster
    const places = new Map(expected.map(({ user, id }, place) => [`${user} ${id}`, place]))
    const made = new Map(expected.map((operation) => [`${operation.user} ${operation.id}`, operation]))
    const bySender = Map.groupBy(witness.wishes.values(), ({ session }) => session)
    for (const wishes of bySender.values()) {
      const placed = wishes.map((wish): Placed => [wish, places.get(keyOf(wish))])
      for (const later of placed) {
        for (const earlier of placed) {
          if (isAfter(later, earlier) || wasThere(made, earlier[0]) || this.#isLost(earlier[0])) continue
          witness.find(
            `${later[0].id} of ${later[0].user} stands before ${earlier[0].id}, acknowledged before it was sent`,
          )
        }
      }
    }
  }

  /** What one lost disk held alone: a request that was sent twice may have made it anew, later. */
  #isLost({ level, operation }: Wish): boolean {
    if (level !== 'one' || operation === undefined) return false
    const { origin, incarnation, seq } = operation
    const disks = [...this.#cluster.witness.disks.values()]
    return disks.every(({ holds }) => (holds.get(`${origin}/${incarnation}`) ?? 0) < seq)
  }
}

function isLineOf(line: string, { stream, seq, clock, id, user }: Accepted): boolean {
  let parsed: Operation
  try {
    parsed = parseLine(line)
  } catch {
    return false
  }
  return (
    `${parsed.origin}/${parsed.incarnation}` === stream &&
    parsed.seq === seq &&
    parsed.clock === clock &&
    parsed.id === id &&
    parsed.user === user
  )
}

/** A wish, and its place among the operations if it is one. */
type Placed = readonly [wish: Wish, place: number | undefined]

function isAfter([later, second]: Placed, [earlier, first]: Placed): boolean {
  if (earlier.acknowledgedAt === undefined || earlier.acknowledgedAt >= later.sentAt) return true
  return first === undefined || second === undefined || first < second
}

/** The channel was there, so the answer stood for no operation; a copy of the request reached who knew none yet. */
function wasThere(made: ReadonlyMap<string, Accepted>, wish: Wish): boolean {
  return wish.kind === 'channel' && (made.get(keyOf(wish))?.at ?? 0) > (wish.acknowledgedAt ?? Infinity)
}

function keyOf({ user, id }: Wish): string {
  return `${user} ${id}`
}
