const CAPACITY = 4096
/** Memory beyond this is not kept for the next text. */
const KEPT_MAX = 1024 * 1024
/** Texts up to this length are written letter by letter while they are ASCII: a call out of JavaScript costs more. */
const SHORT = 256
const [QUOTE, BACKSLASH, SPACE, NOT_ASCII] = [0x22, 0x5c, 0x20, 0x80]
const DIGITS_LOW = 10_000_000

/** Text in UTF-8, in memory that grows, and is used again after each `take`. */
export class TextWriter {
  #bytes = Buffer.allocUnsafeSlow(CAPACITY)
  #length = 0

  /** Bytes so far. */
  get length(): number {
    return this.#length
  }

  /** All so far: a view that is good until more is written. The next text begins. */
  take(): Uint8Array {
    const taken = this.#bytes.subarray(0, this.#length)
    this.#length = 0
    if (this.#bytes.length > KEPT_MAX) this.#bytes = Buffer.allocUnsafeSlow(CAPACITY)
    return taken
  }

  text(text: string): void {
    if (text.length <= SHORT && this.#plain(text)) return
    const bytes = Buffer.byteLength(text)
    this.#need(bytes)
    this.#length += this.#bytes.write(text, this.#length, bytes, 'utf8')
  }

  /** What `JSON.stringify` makes of a text. */
  json(text: string): void {
    this.#byte(QUOTE)
    if (text.length > SHORT || !this.#unescaped(text)) {
      this.#length--
      return this.text(JSON.stringify(text))
    }
    this.#byte(QUOTE)
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
    let [count, bound] = [1, 10]
    while (count < least || bound <= value) {
      count++
      bound *= 10
    }
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

  /** Writes text that is ASCII; false, and nothing is written, when it is not. */
  #plain(text: string): boolean {
    this.#need(text.length)
    const bytes = this.#bytes
    let at = this.#length
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index)
      if (code >= NOT_ASCII) return false
      bytes[at++] = code
    }
    this.#length = at
    return true
  }

  /** Writes text that stands in JSON as it is; false, and nothing is written, when it does not, or is not ASCII. */
  #unescaped(text: string): boolean {
    this.#need(text.length)
    const bytes = this.#bytes
    let at = this.#length
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index)
      if (code < SPACE || code >= NOT_ASCII || code === QUOTE || code === BACKSLASH) return false
      bytes[at++] = code
    }
    this.#length = at
    return true
  }

  #byte(value: number): void {
    this.#need(1)
    this.#bytes[this.#length++] = value
  }

  #need(count: number): void {
    if (this.#length + count <= this.#bytes.length) return
    const written = this.#bytes.subarray(0, this.#length)
    this.#bytes = Buffer.allocUnsafeSlow((this.#length + count) * 2)
    this.#bytes.set(written)
  }
}
