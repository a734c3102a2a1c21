/** Written bodies lie one behind the other in memory of this size, rather than each in memory of its own. */
const SLAB = 128 * 1024
/** Texts up to this length are written letter by letter: a call out of JavaScript costs more. */
const SHORT = 40
const HEAD_MAX = 9

/**
 * Writes MessagePack piece by piece, in the very bytes that the library would choose. What it cannot write (an integer
 * below 0 or beyond 2^53, text that is not well-formed) makes the body unusual: then nothing is taken.
 */
export class Writer {
  #slab = Buffer.allocUnsafeSlow(SLAB)
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
  piece(bytes: Uint8Array): void {
    this.#need(bytes.length)
    const slab = this.#slab
    let at = this.#at
    for (let index = 0; index < bytes.length; index++) slab[at++] = bytes[index] as number
    this.#at = at
  }

  array(count: number): void {
    this.#need(HEAD_MAX)
    if (count < 16) this.#slab[this.#at++] = 0x90 | count
    else if (count < 0x1_0000) this.#head16(0xdc, count)
    else this.#head32(0xdd, count)
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
      this.#at = this.#slab.writeUInt32BE(value % 0x1_0000_0000, this.#at)
    }
  }

  text(value: string): void {
    if (value.length <= SHORT && this.#ascii(value)) return
    if (!value.isWellFormed()) return this.fail()
    const bytes = Buffer.byteLength(value)
    this.#need(HEAD_MAX + bytes)
    this.#textHead(bytes)
    this.#at += this.#slab.write(value, this.#at, bytes, 'utf8')
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

  /** Whether it was all ASCII, and is written. */
  #ascii(value: string): boolean {
    const { length } = value
    this.#need(HEAD_MAX + length)
    const before = this.#at
    this.#textHead(length)
    const slab = this.#slab
    let at = this.#at
    for (let index = 0; index < length; index++) {
      const code = value.charCodeAt(index)
      if (code > 0x7f) {
        this.#at = before
        return false
      }
      slab[at++] = code
    }
    this.#at = at
    return true
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
    this.#at = this.#slab.writeUInt32BE(value, this.#at)
  }

  /** Makes room for so many bytes more; what the body has so far moves along. */
  #need(count: number): void {
    if (this.#at + count <= this.#slab.length) return
    const written = this.#slab.subarray(this.#start, this.#at)
    this.#slab = Buffer.allocUnsafeSlow(Math.max(SLAB, (written.length + count) * 2))
    this.#slab.set(written)
    this.#start = 0
    this.#at = written.length
  }
}

/** MessagePack of pieces that never change: a number stands for the head of a map with so many keys, a text for itself. */
export function pieceOf(...parts: readonly (number | string)[]): Uint8Array {
  return new Uint8Array(
    Buffer.concat(
      parts.map((part) => {
        if (typeof part === 'number') return Buffer.of(0x80 | part)
        return Buffer.concat([Buffer.of(0xa0 | part.length), Buffer.from(part, 'latin1')])
      }),
    ),
  )
}
