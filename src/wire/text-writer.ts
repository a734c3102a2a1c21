const CAPACITY = 4096
/** Memory beyond this is not kept for the next text. */
const KEPT_MAX = 1024 * 1024
/** Bytes that one of JavaScript's letters takes in UTF-8 at most. */
const UTF8_BYTES_MAX = 3
const [QUOTE, BACKSLASH, SPACE] = [0x22, 0x5c, 0x20]
const DIGITS_LOW = 10_000_000

/** Text in UTF-8, in memory that grows, and is used again once the text was taken. */
export class TextWriter {
  #bytes = Buffer.allocUnsafeSlow(CAPACITY)
  #length = 0

  /** Bytes so far. */
  get length(): number {
    return this.#length
  }

  /** The memory that holds it, from the first byte on; good until more is written. */
  get bytes(): Uint8Array {
    return this.#bytes
  }

  /** Begins anew. */
  clear(): void {
    this.#length = 0
    if (this.#bytes.length > KEPT_MAX) this.#bytes = Buffer.allocUnsafeSlow(CAPACITY)
  }

  /** All so far: a view that is good until more is written. The next text begins. */
  take(): Uint8Array {
    const taken = this.#bytes.subarray(0, this.#length)
    this.clear()
    return taken
  }

  text(text: string): void {
    this.#need(text.length * UTF8_BYTES_MAX)
    this.#length += this.#bytes.write(text, this.#length)
  }

  /** UTF-8 that is ready. */
  piece(piece: Uint8Array): void {
    this.#need(piece.length)
    const bytes = this.#bytes
    let at = this.#length
    for (let index = 0; index < piece.length; index++) bytes[at++] = piece[index] as number
    this.#length = at
  }

  /** What `JSON.stringify` makes of a text. */
  json(text: string): void {
    this.#need(text.length * UTF8_BYTES_MAX + 2)
    const begin = this.#length + 1
    const end = begin + this.#bytes.write(text, begin)
    // Only text that is not ASCII can be malformed, and takes more bytes than it has letters.
    const wellFormed = end - begin === text.length || text.isWellFormed()
    if (!wellFormed || this.#isEscaped(begin, end)) return this.text(JSON.stringify(text))
    this.#bytes[begin - 1] = QUOTE
    this.#bytes[end] = QUOTE
    this.#length = end + 1
  }

  /** A number as a template writes it. */
  number(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) return this.text(String(value))
    const high = Math.floor(value / DIGITS_LOW)
    if (high === 0) return this.#digits(value, 1)
    this.#digits(high, 1)
    this.#digits(value - high * DIGITS_LOW, 7)
  }

  /** At least so many digits of a number below 2^31. */
  #digits(value: number, least: number): void {
    let count = 1
    for (let bound = 10; count < least || bound <= value; bound *= 10) count++
    this.#need(count)
    const bytes = this.#bytes
    let rest = value | 0
    for (let at = this.#length + count - 1; at >= this.#length; at--) {
      const next = (rest / 10) | 0
      bytes[at] = 0x30 + rest - next * 10
      rest = next
    }
    this.#length += count
  }

  /** Whether something from `begin` to `end` stands in JSON otherwise than it is. */
  #isEscaped(begin: number, end: number): boolean {
    const bytes = this.#bytes
    for (let at = begin; at < end; at++) {
      const byte = bytes[at] as number
      if (byte < SPACE || byte === QUOTE || byte === BACKSLASH) return true
    }
    return false
  }

  #need(count: number): void {
    if (this.#length + count <= this.#bytes.length) return
    const written = this.#bytes.subarray(0, this.#length)
    this.#bytes = Buffer.allocUnsafeSlow((this.#length + count) * 2)
    this.#bytes.set(written)
  }
}
