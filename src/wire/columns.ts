/** Bytes of one operation in all columns. */
const ROW = 26

/** Bytes of the columns of so many operations. */
export function columnBytes(count: number): number {
  return count * ROW
}

/**
 * The columns of a batch, one behind the other, numbers little-endian: clock and timestamp (float64 each), bytes of the
 * line (uint32), user and target (uint16, places in the batch's lists), kind (uint8, a place in KINDS), bytes of the id
 * (uint8). Read in place: a server that passes operations on never takes them apart.
 */
export class Columns {
  readonly count: number
  readonly #view: DataView

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.count = Math.floor(bytes.byteLength / ROW)
  }

  clock(at: number): number {
    return this.#view.getFloat64(at * 8, true)
  }

  timestamp(at: number): number {
    return this.#view.getFloat64((this.count + at) * 8, true)
  }

  lineLength(at: number): number {
    return this.#view.getUint32(this.count * 16 + at * 4, true)
  }

  user(at: number): number {
    return this.#view.getUint16(this.count * 20 + at * 2, true)
  }

  target(at: number): number {
    return this.#view.getUint16(this.count * 22 + at * 2, true)
  }

  kind(at: number): number {
    return this.#view.getUint8(this.count * 24 + at)
  }

  idLength(at: number): number {
    return this.#view.getUint8(this.count * 25 + at)
  }
}

/** Rows that become the columns of a batch. */
export class ColumnWriter {
  #clocks = new Float64Array(256)
  #timestamps = new Float64Array(256)
  #lineLengths = new Uint32Array(256)
  #users = new Uint16Array(256)
  #targets = new Uint16Array(256)
  #kinds = new Uint8Array(256)
  #idLengths = new Uint8Array(256)
  #count = 0

  get count(): number {
    return this.#count
  }

  firstClock(): number {
    return this.#clocks[0] as number
  }

  add(
    clock: number,
    timestamp: number,
    lineLength: number,
    user: number,
    target: number,
    kind: number,
    idLength: number,
  ): void {
    if (this.#count === this.#clocks.length) this.#grow()
    const at = this.#count++
    this.#clocks[at] = clock
    this.#timestamps[at] = timestamp
    this.#lineLengths[at] = lineLength
    this.#users[at] = user
    this.#targets[at] = target
    this.#kinds[at] = kind
    this.#idLengths[at] = idLength
  }

  /** The columns so far; the next row begins anew. */
  take(): Uint8Array {
    const count = this.#count
    const bytes = new Uint8Array(columnBytes(count))
    const view = new DataView(bytes.buffer)
    for (let at = 0; at < count; at++) {
      view.setFloat64(at * 8, this.#clocks[at] as number, true)
      view.setFloat64((count + at) * 8, this.#timestamps[at] as number, true)
      view.setUint32(count * 16 + at * 4, this.#lineLengths[at] as number, true)
      view.setUint16(count * 20 + at * 2, this.#users[at] as number, true)
      view.setUint16(count * 22 + at * 2, this.#targets[at] as number, true)
    }
    bytes.set(this.#kinds.subarray(0, count), count * 24)
    bytes.set(this.#idLengths.subarray(0, count), count * 25)
    this.#count = 0
    return bytes
  }

  #grow(): void {
    const size = this.#clocks.length * 2
    this.#clocks = grown(this.#clocks, new Float64Array(size))
    this.#timestamps = grown(this.#timestamps, new Float64Array(size))
    this.#lineLengths = grown(this.#lineLengths, new Uint32Array(size))
    this.#users = grown(this.#users, new Uint16Array(size))
    this.#targets = grown(this.#targets, new Uint16Array(size))
    this.#kinds = grown(this.#kinds, new Uint8Array(size))
    this.#idLengths = grown(this.#idLengths, new Uint8Array(size))
  }
}

function grown<Column extends Float64Array | Uint32Array | Uint16Array | Uint8Array>(
  from: Column,
  to: Column,
): Column {
  to.set(from)
  return to
}
