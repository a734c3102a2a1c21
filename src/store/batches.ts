import type { KeyValue } from '../ports/index.ts'
import { type Batch, decodeBatch, RecadoError, type StreamKey } from '../wire/index.ts'
import { batchKey, topicKey } from './keys.ts'

/** Decoded batches that are kept at hand. */
const CACHE_MAX = 128

/** The batches of all streams: where each begins, those not yet on the disk, and lately used ones. */
export class Batches {
  readonly #keyValue: KeyValue
  readonly #damaged: (cause: unknown) => void
  readonly #starts = new Map<StreamKey, number[]>()
  readonly #unflushed = new Map<string, Batch>()
  readonly #cache = new Map<string, Batch>()

  /** `damaged` is told of each reading that gives something else than was written. */
  constructor(keyValue: KeyValue, damaged: (cause: unknown) => void) {
    this.#keyValue = keyValue
    this.#damaged = damaged
  }

  streams(): Iterable<StreamKey> {
    return this.#starts.keys()
  }

  /** A batch is in the set; `flushed` when it was read from the disk. */
  add(batch: Batch, flushed: boolean): void {
    let starts = this.#starts.get(batch.stream)
    if (starts === undefined) {
      starts = []
      this.#starts.set(batch.stream, starts)
    }
    starts.push(batch.firstSeq)
    if (!flushed) this.#unflushed.set(`${batch.stream} ${batch.firstSeq}`, batch)
  }

  /** A batch is on the disk; what was just written is soon read again. */
  flushed(batch: Batch): void {
    const key = `${batch.stream} ${batch.firstSeq}`
    this.#unflushed.delete(key)
    this.#keep(key, batch)
  }

  /** The batch that holds this operation. */
  containing(stream: StreamKey, seq: number): Batch | undefined {
    const starts = this.#starts.get(stream)
    if (starts === undefined) return undefined
    let low = 0
    let high = starts.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((starts[middle] as number) <= seq) low = middle + 1
      else high = middle
    }
    const start = starts[low - 1]
    return start === undefined ? undefined : this.startingAt(stream, start)
  }

  /** @throws RecadoError `unavailable` when the disk gives back something else than was written */
  startingAt(stream: StreamKey, firstSeq: number): Batch | undefined {
    const key = `${stream} ${firstSeq}`
    const known = this.#unflushed.get(key) ?? this.#cache.get(key)
    if (known !== undefined) return known
    const batch = this.#readFrom(stream, firstSeq)
    if (batch !== undefined) this.#keep(key, batch)
    return batch
  }

  /** Encoded batches on the disk behind `after`: at least one if there is any, then up to `bytes`, none that is damaged. */
  encoded(stream: StreamKey, after: number, bytes: number): Uint8Array[] {
    const found: Uint8Array[] = []
    try {
      this.#collect(found, stream, after, bytes)
    } catch (cause) {
      this.#damaged(cause)
    }
    return found
  }

  #collect(found: Uint8Array[], stream: StreamKey, after: number, bytes: number): void {
    const first = this.containing(stream, after + 1)
    if (first === undefined || first.firstSeq + first.count - 1 <= after) return
    let size = 0
    const range = { start: batchKey(stream, first.firstSeq), end: batchKey(stream, Number.MAX_SAFE_INTEGER) }
    for (const { value } of this.#keyValue.range(range)) {
      if (found.length > 0 && size + value.byteLength > bytes) break
      const batch = decodeBatch(Uint8Array.from(value))
      found.push(batch.bytes)
      size += value.byteLength
    }
  }

  /** The first `seq`s of the flushed batches of a stream that hold something of a topic, from one that may hold `from`. */
  *ofTopic(topic: string, stream: StreamKey, from: number): Iterable<Batch> {
    const first = this.containing(stream, from)?.firstSeq ?? 0
    const range = {
      start: topicKey(topic, stream, first),
      end: topicKey(topic, stream, Number.MAX_SAFE_INTEGER),
    }
    for (const { key } of this.#keyValue.range(range)) {
      const seq = Number(Buffer.from(key).readBigUInt64BE(key.byteLength - 8))
      const batch = this.startingAt(stream, seq)
      if (batch !== undefined) yield batch
    }
  }

  #readFrom(stream: StreamKey, firstSeq: number): Batch | undefined {
    try {
      const bytes = this.#keyValue.get(batchKey(stream, firstSeq))
      return bytes === undefined ? undefined : decodeBatch(Uint8Array.from(bytes))
    } catch (cause) {
      this.#damaged(cause)
      const message = 'The disk gave back something else than was written; this server starts again'
      throw new RecadoError('unavailable', message, { cause })
    }
  }

  #keep(key: string, batch: Batch): void {
    this.#cache.set(key, batch)
    if (this.#cache.size <= CACHE_MAX) return
    for (const oldest of this.#cache.keys()) {
      this.#cache.delete(oldest)
      return
    }
  }
}
