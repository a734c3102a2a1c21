import { type Batch, encodeBatch } from './batch.ts'
import { ColumnWriter } from './columns.ts'
import { writeLine } from './line.ts'
import { KINDS, type Operation } from './operation.ts'
import { TextWriter } from './text-writer.ts'

/** Where a batch stands in its stream. */
export interface BatchPlace {
  readonly origin: string
  readonly incarnation: number
  readonly firstSeq: number
}

/** One operation without its place; `line` as the files hold it, empty where it has none. */
export interface BatchRow {
  readonly clock: number
  readonly timestamp: number
  /** An index into KINDS. */
  readonly kind: number
  readonly id: string
  readonly user: string
  readonly target: string
  readonly line: string
}

/** Gathers operations and makes a batch of them; then begins anew. */
export class BatchWriter {
  readonly #columns = new ColumnWriter()
  readonly #users = new Numbered()
  readonly #targets = new Numbered()
  readonly #ids = new TextWriter()
  readonly #lines = new TextWriter()

  get count(): number {
    return this.#columns.count
  }

  /** Bytes of the lines so far. */
  get lineBytes(): number {
    return this.#lines.length
  }

  /** The clock of the first of them, undefined when there is none. */
  get firstClock(): number | undefined {
    return this.count === 0 ? undefined : this.#columns.firstClock()
  }

  add(row: BatchRow): void {
    const before = this.#lines.length
    this.#lines.text(row.line)
    this.#add(row, row.kind, this.#lines.length - before)
  }

  /** Adds an operation with the line that it has. */
  addOperation(operation: Operation): void {
    const before = this.#lines.length
    writeLine(this.#lines, operation)
    this.#add(operation, KINDS.indexOf(operation.kind), this.#lines.length - before)
  }

  #add(
    { clock, timestamp, id, user, target }: Omit<BatchRow, 'kind' | 'line'>,
    kind: number,
    lineBytes: number,
  ): void {
    const before = this.#ids.length
    this.#ids.text(id)
    const idBytes = this.#ids.length - before
    const [userPlace, targetPlace] = [this.#users.place(user), this.#targets.place(target)]
    this.#columns.add(clock, timestamp, lineBytes, userPlace, targetPlace, kind, idBytes)
  }

  take({ origin, incarnation, firstSeq }: BatchPlace): Batch {
    return encodeBatch({
      origin,
      incarnation,
      firstSeq,
      users: this.#users.take(),
      targets: this.#targets.take(),
      columns: this.#columns.take(),
      ids: this.#ids.take(),
      lines: this.#lines.take(),
    })
  }
}

/** The names of a batch, each with its place in the list. */
export class Numbered {
  #places = new Map<string, number>()
  /** The last one asked for: most operations of a batch are of one user and one channel. */
  #last = ''
  #lastPlace = -1

  place(name: string): number {
    if (name === this.#last && this.#lastPlace >= 0) return this.#lastPlace
    let place = this.#places.get(name)
    if (place === undefined) {
      place = this.#places.size
      this.#places.set(name, place)
    }
    this.#last = name
    this.#lastPlace = place
    return place
  }

  take(): string[] {
    const names = [...this.#places.keys()]
    this.#places = new Map()
    this.#lastPlace = -1
    return names
  }
}
