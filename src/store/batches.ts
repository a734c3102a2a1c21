import type { KeyValue, Log } from '../ports/index.ts'
import { type Batch, decodeBatch, RecadoError, type StreamKey } from '../wire/index.ts'
import { batchKey, seqOfKey, topicKey } from './keys.ts'
import { topicsOf } from './topics.ts'

/** Bytes of settled batches that are kept at hand. */
const CACHE_BYTES_MAX = 8 * 1024 * 1024

interface Catalogue {
  /** The first `seq` of each batch, rising. */
  readonly starts: number[]
  /** The batches that stand in the journal, or on their way there, and not yet in the key-value store; in their order. */
  readonly recent: Map<number, Batch>
  /** The last `seq` that is in the key-value store. */
  settled: number
}

export interface BatchesOptions {
  readonly keyValue: KeyValue
  readonly log: Log
  /** Told of each reading that gives something else than was written. */
  readonly damaged: (cause: unknown) => void
}

/** The batches of all streams: where each begins, those not yet settled in the key-value store, and lately used ones. */
export class Batches {
  readonly #options: BatchesOptions
  readonly #catalogues = new Map<StreamKey, Catalogue>()
  readonly #cache = new Map<string, Batch>()
  #cacheBytes = 0

  constructor(options: BatchesOptions) {
    this.#options = options
  }

  streams(): Iterable<StreamKey> {
    return this.#catalogues.keys()
  }

  /** A batch is in the set; `settled` when it was read from the key-value store. */
  add(batch: Batch, settled: boolean): void {
    const catalogue = this.#catalogue(batch.stream)
    catalogue.starts.push(batch.firstSeq)
    if (settled) catalogue.settled = batch.lastSeq
    else catalogue.recent.set(batch.firstSeq, batch)
  }

  /** Batches that are not settled, up to these `seq`s, each stream's in their order. */
  *unsettled(durable: ReadonlyMap<StreamKey, number>): Iterable<Batch[]> {
    for (const [stream, { recent }] of this.#catalogues) {
      const end = durable.get(stream) ?? 0
      const found: Batch[] = []
      for (const batch of recent.values()) {
        if (batch.lastSeq > end) break
        found.push(batch)
      }
      if (found.length > 0) yield found
    }
  }

  /** This batch is in the key-value store, in the place of those that made it up. */
  settle(batch: Batch): void {
    const catalogue = this.#catalogue(batch.stream)
    const { starts, recent } = catalogue
    const from = place(starts, batch.firstSeq)
    let until = from
    while (until < starts.length && (starts[until] as number) <= batch.lastSeq) {
      recent.delete(starts[until] as number)
      until++
    }
    starts.splice(from, until - from, batch.firstSeq)
    catalogue.settled = batch.lastSeq
    this.#keep(`${batch.stream} ${batch.firstSeq}`, batch)
  }

  /** The batch that holds this operation. */
  containing(stream: StreamKey, seq: number): Batch | undefined {
    const starts = this.#catalogues.get(stream)?.starts
    const start = starts?.[place(starts, seq)]
    return start === undefined ? undefined : this.startingAt(stream, start)
  }

  /** @throws RecadoError `unavailable` when the disk gives back something else than was written, or the map cannot be read */
  startingAt(stream: StreamKey, firstSeq: number): Batch | undefined {
    const recent = this.#catalogues.get(stream)?.recent.get(firstSeq)
    if (recent !== undefined) return recent
    const key = `${stream} ${firstSeq}`
    const known = this.#cache.get(key)
    if (known !== undefined) return known
    const batch = this.#readFrom(stream, firstSeq)
    if (batch !== undefined) this.#keep(key, batch)
    return batch
  }

  /**
   * Encoded batches behind `after` up to `last`: at least one if there is any, then up to `bytes`, none that is damaged.
   */
  encoded(stream: StreamKey, after: number, last: number, bytes: number): Uint8Array[] {
    const starts = this.#catalogues.get(stream)?.starts ?? []
    const found: Uint8Array[] = []
    let size = 0
    try {
      for (let at = place(starts, after + 1); at < starts.length; at++) {
        const batch = this.startingAt(stream, starts[at] as number)
        if (batch === undefined || batch.lastSeq > last) break
        if (batch.lastSeq <= after) continue
        if (found.length > 0 && size + batch.bytes.byteLength > bytes) break
        found.push(batch.bytes)
        size += batch.bytes.byteLength
      }
    } catch {
      // The owner has been told, or the log.
    }
    return found
  }

  /**
   * The batches of a stream that hold something of a topic, from one that may hold `from`.
   * @throws RecadoError `unavailable`
   */
  *ofTopic(topic: string, stream: StreamKey, from: number): Iterable<Batch> {
    const catalogue = this.#catalogue(stream)
    const first = catalogue.starts[place(catalogue.starts, from)] ?? 0
    const { settled } = catalogue
    const range = {
      start: topicKey(topic, stream, first),
      end: topicKey(topic, stream, settled + 1),
    }
    try {
      for (const { key } of this.#options.keyValue.range(range)) {
        const batch = this.startingAt(stream, seqOfKey(key))
        if (batch !== undefined) yield batch
      }
    } catch (cause) {
      throw this.#failed(cause)
    }
    for (const batch of catalogue.recent.values()) {
      if (batch.firstSeq > settled && batch.lastSeq >= from && topicsOf(batch).has(topic)) yield batch
    }
  }

  #catalogue(stream: StreamKey): Catalogue {
    let catalogue = this.#catalogues.get(stream)
    if (catalogue === undefined) {
      catalogue = { starts: [], recent: new Map(), settled: 0 }
      this.#catalogues.set(stream, catalogue)
    }
    return catalogue
  }

  #readFrom(stream: StreamKey, firstSeq: number): Batch | undefined {
    let bytes: Uint8Array | undefined
    try {
      bytes = this.#options.keyValue.get(batchKey(stream, firstSeq))
    } catch (cause) {
      throw this.#failed(cause)
    }
    if (bytes === undefined) return undefined
    try {
      return decodeBatch(new Uint8Array(bytes))
    } catch (cause) {
      throw this.#damaged(cause)
    }
  }

  /** What the map throws says nothing of what stands on the disk, unless its code is the disk's. */
  #failed(cause: unknown): RecadoError {
    if (cause instanceof RecadoError) return cause
    if ((cause as { code?: unknown }).code === 'EIO') return this.#damaged(cause)
    this.#options.log.error({ err: cause }, 'Cannot read the store')
    return new RecadoError('unavailable', 'This server cannot read its store now; try again', { cause })
  }

  #damaged(cause: unknown): RecadoError {
    this.#options.damaged(cause)
    const message = 'The disk gave back something else than was written; this server starts again'
    return new RecadoError('unavailable', message, { cause })
  }

  #keep(key: string, batch: Batch): void {
    const former = this.#cache.get(key)
    if (former !== undefined) this.#cacheBytes -= former.bytes.byteLength
    this.#cache.set(key, batch)
    this.#cacheBytes += batch.bytes.byteLength
    for (const [oldest, { bytes }] of this.#cache) {
      if (this.#cacheBytes <= CACHE_BYTES_MAX || oldest === key) return
      this.#cache.delete(oldest)
      this.#cacheBytes -= bytes.byteLength
    }
  }
}

/** The place of the last of these that is not above `seq`; -1 when there is none. */
function place(starts: readonly number[], seq: number): number {
  let low = 0
  let high = starts.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((starts[middle] as number) <= seq) low = middle + 1
    else high = middle
  }
  return low - 1
}
