import { comparePositions, type Operation, parseLine } from '../../../src/wire/index.ts'
import type { Cluster } from '../cluster.ts'
import type { SimulatedServer } from '../server.ts'
import type { Accepted } from '../witness.ts'

/** Between two rewrites of a file in one life of its server, at least, in ms of its own clock. */
const REWRITE_MS = 1000
/** A second of a drifting clock is one but for this. */
const ROUNDING_MS = 1e-6
const NEWLINE = 0x0a

/** What one file of a server ever held since its disk was lost last. */
interface FileFacts {
  readonly written: Set<string>
  /** The last in the order of all that was ever written. */
  end?: Operation
  /** When it was rewritten last, and in which life. */
  rewrite?: { readonly life: number; readonly at: number }
}

/** What is known of one disk since it was lost last. */
interface DiskFiles {
  readonly losses: number
  /** Operations whose place was final already when they came. */
  readonly late: Set<string>
  readonly files: Map<string, FileFacts>
}

/** How a file differs from what it was. */
interface Change {
  readonly server: SimulatedServer
  readonly file: string
  /** What stands there now, or only what is new behind `last`. */
  readonly after: readonly Operation[]
  readonly last: Operation | undefined
  readonly facts: FileFacts
  readonly late: ReadonlySet<string>
}

/**
 * The final part of a file changes only by lines that came late, which are put in their places, and by lines left out since
 * an earlier one of the same user and id came late; at most once a second.
 */
export class Rewrites {
  readonly #cluster: Cluster
  readonly #disks = new Map<string, DiskFiles>()
  /** Servers hold the same lines. */
  readonly #parsed = new Map<string, Operation>()

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  late({ name }: SimulatedServer, { stream, seq }: Accepted): void {
    this.#disk(name).late.add(`${stream} ${seq}`)
  }

  /** `highest`: the highest clock that any life made final since the disk was lost. */
  changed(server: SimulatedServer, file: string, bytes: Uint8Array | undefined, highest: number): void {
    const { late, files } = this.#disk(server.name)
    const [now, former] = [bufferOf(server.disk.contents.get(file)), wholeLines(bufferOf(bytes))]
    let facts = files.get(file)
    if (facts === undefined) {
      facts = { written: new Set() }
      files.set(file, facts)
      // An old copy was made final by who knows whom: what the present life made of it is what counts from now on.
      if (this.#cluster.witness.disk(server.name).losses.at(-1)?.copied === true)
        return remember(facts, this.#linesOf(now))
    }
    // Mostly lines are written behind those that are there, and what was looked at need not be again.
    const isAppended = now.subarray(0, former.length).equals(former)
    const before = isAppended ? [] : this.#linesOf(former)
    const after = this.#linesOf(isAppended ? now.subarray(former.length) : now)
    const [last] = isAppended
      ? this.#linesOf(former.subarray(former.lastIndexOf(NEWLINE, Math.max(0, former.length - 2)) + 1))
      : []
    const change = { server, file, after, last, facts, late }
    this.#checkOrder(change)
    const [inserted, gone] = [this.#inserted(change), this.#gone(change, before, highest)]
    // What a crash took of a file's end is put behind what it left, without a rewrite.
    if ((inserted || gone) && !isAppended) this.#checkInterval(change)
    remember(facts, after)
  }

  #checkOrder({ server: { name, store }, file, after, last, facts }: Change): void {
    const { witness } = this.#cluster
    after.forEach((line, index) => {
      const former = after[index - 1] ?? last
      if (former !== undefined && comparePositions(former, line) >= 0)
        witness.find(`${name} wrote ${nameOf(line)} in ${file} behind what it precedes`)
      if (!facts.written.has(placeOf(line)) && line.clock > (store?.finalClock ?? 0))
        witness.find(`${name} wrote ${nameOf(line)} in ${file}, which is not final`)
    })
  }

  /** Whether any line is new before the end of what ever stood in the file. */
  #inserted({ server, file, after, facts, late }: Change): boolean {
    const { end, written } = facts
    if (end === undefined) return false
    const inserted = after.filter((line) => !written.has(placeOf(line)) && comparePositions(line, end) < 0)
    for (const line of inserted) {
      if (late.has(placeOf(line))) continue
      this.#cluster.witness.find(
        `${server.name} put ${nameOf(line)} before the end of ${file}, though it did not come late`,
      )
    }
    return inserted.length > 0
  }

  /**
   * Whether any line was left out. After a start the promises that are heard may be lower than those which a former life had:
   * until they are not, the files end where the order is final for this life.
   */
  #gone({ server, file, after, late }: Change, before: readonly Operation[], highest: number): boolean {
    const finalClock = server.store?.finalClock ?? 0
    const places = new Set(after.map(placeOf))
    const gone = before.filter(
      (line) => !places.has(placeOf(line)) && (finalClock >= highest || line.clock <= finalClock),
    )
    for (const line of gone) {
      const isDoubled = after.some(
        (other) =>
          other.user === line.user &&
          other.id === line.id &&
          comparePositions(other, line) < 0 &&
          late.has(placeOf(other)),
      )
      if (!isDoubled) this.#cluster.witness.find(`${server.name} took ${nameOf(line)} out of ${file}`)
    }
    return gone.length > 0
  }

  #checkInterval({ server: { name, process }, file, facts }: Change): void {
    const { life } = process
    const at = process.monotonic()
    const { rewrite } = facts
    if (rewrite !== undefined && rewrite.life === life && at - rewrite.at < REWRITE_MS - ROUNDING_MS)
      this.#cluster.witness.find(`${name} rewrote ${file} twice within ${Math.round(at - rewrite.at)} ms`)
    facts.rewrite = { life, at }
  }

  #linesOf(bytes: Buffer): Operation[] {
    return bytes
      .toString()
      .split('\n')
      .slice(0, -1)
      .map((line) => {
        const parsed = this.#parsed.get(line) ?? parseLine(line)
        this.#parsed.set(line, parsed)
        return parsed
      })
  }

  #disk(name: string): DiskFiles {
    const losses = this.#cluster.witness.disk(name).losses.length
    let disk = this.#disks.get(name)
    if (disk?.losses !== losses) {
      disk = { losses, late: new Set(), files: new Map() }
      this.#disks.set(name, disk)
    }
    return disk
  }
}

function remember(facts: FileFacts, lines: readonly Operation[]): void {
  for (const line of lines) facts.written.add(placeOf(line))
  const last = lines.at(-1)
  if (last !== undefined && (facts.end === undefined || comparePositions(last, facts.end) > 0))
    facts.end = last
}

function bufferOf(bytes: Uint8Array | undefined): Buffer {
  return bytes === undefined ? Buffer.alloc(0) : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** What a crash left of a line's beginning is none. */
function wholeLines(bytes: Buffer): Buffer {
  return bytes.subarray(0, bytes.lastIndexOf(NEWLINE) + 1)
}

function placeOf({ origin, incarnation, seq }: Operation): string {
  return `${origin}/${incarnation} ${seq}`
}

function nameOf(line: Operation): string {
  return `${line.id} of ${line.user} (${placeOf(line)}, clock ${line.clock})`
}
