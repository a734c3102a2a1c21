import type { StreamKey } from '../wire/index.ts'
import type { Place } from './ids.ts'

/** `seq`s below this fit beside a stream's number into one number: 2^36, and so 2^17 streams. */
const SEQ_END = 2 ** 36

/** Numbers for operations: a stream's number and a `seq` in one, so that a million of them are one flat array. */
export class Places {
  readonly #numbers = new Map<StreamKey, number>()
  readonly #streams: StreamKey[] = []

  /** A stream's number here, from 1. */
  stream(key: StreamKey): number {
    let number = this.#numbers.get(key)
    if (number === undefined) {
      number = this.#streams.push(key)
      this.#numbers.set(key, number)
    }
    return number
  }

  place(stream: number, seq: number): Place {
    return stream * SEQ_END + seq
  }

  streamOf(place: Place): StreamKey {
    return this.#streams[Math.floor(place / SEQ_END) - 1] as StreamKey
  }

  seqOf(place: Place): number {
    return place % SEQ_END
  }
}
