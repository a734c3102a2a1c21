import { type Piece, viewOf } from './piece.ts'

/** Written bodies lie one behind the other in memory of this size, rather than each in memory of its own. */
const SLAB = 128 * 1024
/** Longer texts are measured before they are written. */
const SHORT = 1024
/** Shorter texts are written letter by letter: a call out of JavaScript costs as much as some thirty of them. */
const LETTERS = 32
/** Bytes that one of JavaScript's letters takes in UTF-8 at most. */
const UTF8_BYTES_MAX = 3
const HEAD_MAX = 9

/**
 * Writes MessagePack piece by piece, in the very bytes that the library would choose. What it cannot write (an integer
 * below 0 or beyond 2^53, text that is not well-formed) makes the body unusual: then nothing is taken.
 */
export class Writer {
  #slab = Buffer.allocUnsafeSlow(SLAB)
  #view = viewOf(this.#slab)
  #start = 0
  #at = 0
  #usual = true

  /** Gives up the body: it is not in the usual form. */
  fail(): void {
    this.#usual = false
  }

  /** The body so far, undefined when it was given up; the next one begins. */
  take(): Uint8Array | undefined {
    const body = this.#usual ? this.#slab.subarray(this.#start, this.#at) : undefined
    if (body === undefined) this.#at = this.#start
    this.#start = this.#at
    this.#usual = true
    return body
  }

  /** MessagePack that is ready. */
  piece({ length, words, rest }: Piece): void {
    this.#need(length)
    const slab = this.#slab
    const view = this.#view
    let at = this.#at
    for (let index = 0; index < words.length; index++, at += 4) view.setInt32(at, words[index] as number)
    for (let index = 0; index < rest.length; index++) slab[at++] = rest[index] as number
    this.#at = at
  }

  map(count: number): void {
    this.#need(HEAD_MAX)
    if (count < 16) this.#slab[this.#at++] = 0x80 | count
    else if (count < 0x1_0000) this.#head16(0xde, count)
    else this.#head32(0xdf, count)
  }

  array(count: number): void {
    this.#need(HEAD_MAX)
    if (count < 16) this.#slab[this.#at++] = 0x90 | count
    else if (count < 0x1_0000) this.#head16(0xdc, count)
    else this.#head32(0xdd, count)
  }

  integers(values: readonly number[]): void {
    this.array(values.length)
    for (const value of values) this.integer(value)
  }

  boolean(value: boolean): void {
    this.#need(HEAD_MAX)
    this.#slab[this.#at++] = value ? 0xc3 : 0xc2
  }

  integer(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) return this.fail()
    this.#need(HEAD_MAX)
    if (value < 0x80) this.#slab[this.#at++] = value
    else if (value < 0x100) this.#head8(0xcc, value)
    else if (value < 0x1_0000) this.#head16(0xcd, value)
    else if (value < 0x1_0000_0000) this.#head32(0xce, value)
    else {
      this.#head32(0xcf, Math.floor(value / 0x1_0000_0000))
      this.#number32(value)
    }
  }

  text(value: string): void {
    const { length } = value
    if (length > SHORT) return this.#textOf(Buffer.byteLength(value), value)
    this.#need(HEAD_MAX + length * UTF8_BYTES_MAX)
    if (length < LETTERS && this.#letters(value)) return
    const before = this.#at
    this.#textHead(length)
    const bytes = this.#slab.write(value, this.#at)
    this.#at += bytes
    if (bytes === length) return
    // It is not ASCII, and has another head.
    this.#at = before
    this.#textOf(bytes, value)
  }

  /** Writes ASCII; false when it is something else. */
  #letters(value: string): boolean {
    const slab = this.#slab
    let at = this.#at
    slab[at++] = 0xa0 | value.length
    for (let index = 0; index < value.length; index++) {
      const letter = value.charCodeAt(index)
      if (letter >= 0x80) return false
      slab[at++] = letter
    }
    this.#at = at
    return true
  }

  #textOf(bytes: number, value: string): void {
    if (!value.isWellFormed()) return this.fail()
    this.#need(HEAD_MAX + bytes)
    this.#textHead(bytes)
    this.#at += this.#slab.write(value, this.#at, bytes)
  }

  binary(value: Uint8Array): void {
    const { length } = value
    this.#need(HEAD_MAX + length)
    if (length < 0x100) this.#head8(0xc4, length)
    else if (length < 0x1_0000) this.#head16(0xc5, length)
    else this.#head32(0xc6, length)
    this.#slab.set(value, this.#at)
    this.#at += length
  }

  #textHead(bytes: number): void {
    if (bytes < 32) this.#slab[this.#at++] = 0xa0 | bytes
    else if (bytes < 0x100) this.#head8(0xd9, bytes)
    else if (bytes < 0x1_0000) this.#head16(0xda, bytes)
    else this.#head32(0xdb, bytes)
  }

  #head8(head: number, value: number): void {
    this.#slab[this.#at++] = head
    this.#slab[this.#at++] = value
  }

  #head16(head: number, value: number): void {
    this.#slab[this.#at++] = head
    this.#slab[this.#at++] = value >>> 8
    this.#slab[this.#at++] = value & 0xff
  }

  #head32(head: number, value: number): void {
    this.#slab[this.#at++] = head
    this.#number32(value)
  }

  /** The lower 32 bits. */
  #number32(value: number): void {
    this.#view.setUint32(this.#at, value)
    this.#at += 4
  }

  /** Makes room for so many bytes more; what the body has so far moves along. */
  #need(count: number): void {
    if (this.#at + count <= this.#slab.length) return
    const written = this.#slab.subarray(this.#start, this.#at)
    this.#slab = Buffer.allocUnsafeSlow(Math.max(SLAB, (written.length + count) * 2))
    this.#view = viewOf(this.#slab)
    this.#slab.set(written)
    this.#start = 0
    this.#at = written.length
  }
}
