/** MessagePack that never changes. It is written and compared four bytes at a time, which is most of reading a body. */
export interface Piece {
  readonly length: number
  /** The first bytes, four in each. */
  readonly words: readonly number[]
  /** Those that are left. */
  readonly rest: readonly number[]
}

/** A number stands for the head of a map with so many keys, a text for itself. */
export function pieceOf(...parts: readonly (number | string)[]): Piece {
  const bytes = Buffer.concat(
    parts.map((part) => {
      if (typeof part === 'number') return Buffer.of(0x80 | part)
      return Buffer.concat([Buffer.of(0xa0 | part.length), Buffer.from(part, 'latin1')])
    }),
  )
  const { length } = bytes
  const words = Array.from({ length: length >>> 2 }, (_, index) => bytes.readInt32BE(index * 4))
  return { length, words, rest: [...bytes.subarray(words.length * 4)] }
}

export function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength)
}
