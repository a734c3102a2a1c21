import { type Batch, encodeBatch } from './batch.ts'
import { ColumnWriter } from './columns.ts'

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
  #ids: string[] = []
  #lines: string[] = []
  #lineBytes = 0

  get count(): number {
    return this.#columns.count
  }

  /** Bytes of the lines so far. */
  get lineBytes(): number {
    return this.#lineBytes
  }

  /** The clock of the first of them, undefined when there is none. */
  get firstClock(): number | undefined {
    return this.count === 0 ? undefined : this.#columns.firstClock()
  }

  add(row: BatchRow): void {
    const lineBytes = Buffer.byteLength(row.line)
    this.#columns.add(
      row.clock,
      row.timestamp,
      lineBytes,
      this.#users.place(row.user),
      this.#targets.place(row.target),
      row.kind,
      Buffer.byteLength(row.id),
    )
    this.#ids.push(row.id)
    this.#lines.push(row.line)
    this.#lineBytes += lineBytes
  }

  take({ origin, incarnation, firstSeq }: BatchPlace): Batch {
    const ids = Buffer.from(this.#ids.join(''))
    const lines = Buffer.from(this.#lines.join(''))
    this.#ids = []
    this.#lines = []
    this.#lineBytes = 0
    return encodeBatch({
      origin,
      incarnation,
      firstSeq,
      users: this.#users.take(),
      targets: this.#targets.take(),
      columns: this.#columns.take(),
      ids,
      lines,
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
