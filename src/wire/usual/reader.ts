import { BATCH_REQUESTS_MAX, ID_BYTES_MAX } from '../limits.ts'
import { isName } from '../names.ts'
import { type Piece, viewOf } from './piece.ts'

/** What the decoder of Buffers puts where bytes are no UTF-8. */
const REPLACEMENT = '\ufffd'
const INTEGER_HIGH_MAX = 0x1f_ffff
/** From so many bytes on a text's length stands in a byte of its own. */
const SHORT_TEXT = 32
/** Texts of one kind that are known at once. */
const KNOWN_MAX = 16
/** Longer ones are not kept: strangers could have much memory held so. */
const KNOWN_LENGTH_MAX = 128

/** Texts of one kind that were read lately, when there are few. */
export class KnownTexts {
  readonly texts: string[] = []
  #next = 0

  add(text: string): void {
    if (text.length > KNOWN_LENGTH_MAX) return
    this.texts[this.#next] = text
    this.#next = (this.#next + 1) % KNOWN_MAX
  }
}

/**
 * Reads MessagePack of which the form is known, piece by piece. Whatever is not as expected makes the body unusual, and
 * what was read of it worthless: it is for the general decoder to say what it is. Nothing here is larger than its bytes.
 */
export class Reader {
  readonly #bytes: Buffer
  readonly #view: DataView
  #at = 0
  /** Bytes of the last text. */
  #textBytes = 0
  #usual = true

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#view = viewOf(bytes)
  }

  /** Whether all so far was as expected. */
  get usual(): boolean {
    return this.#usual
  }

  /** Whether all was as expected, and nothing follows. */
  get ended(): boolean {
    return this.#usual && this.#at === this.#bytes.length
  }

  /** The keys of a map, undefined when what comes is none of up to 65,535. */
  map(): number | undefined {
    const head = this.#bytes[this.#at] ?? 0
    const long = head === 0xde
    if (!long && head >>> 4 !== 0x8) return undefined
    const count = long ? this.#number(this.#at + 1, 2) : head & 0x0f
    this.#at += long ? 3 : 1
    return count
  }

  /** The elements of an array, undefined when what comes is none. One without any, or with more than 1,024, is unusual. */
  array(): number | undefined {
    const head = this.#bytes[this.#at] ?? 0
    const long = head === 0xdc
    if (!long && head >>> 4 !== 0x9) return undefined
    const count = long ? this.#number(this.#at + 1, 2) : head & 0x0f
    this.#at += long ? 3 : 1
    return count > 0 && count <= BATCH_REQUESTS_MAX ? count : this.#fail(count)
  }

  /** Gives up the body: it is not in the usual form. */
  fail(): void {
    this.#usual = false
  }

  /** Expects these bytes. */
  piece(expected: Piece): void {
    if (!this.passes(expected)) this.#usual = false
  }

  /** Whether these bytes come next, which then are passed. */
  passes(expected: Piece): boolean {
    const follows = this.follows(expected)
    if (follows) this.#at += expected.length
    return follows
  }

  /** Whether these bytes come next. */
  follows({ length, words, rest }: Piece): boolean {
    const bytes = this.#bytes
    const view = this.#view
    let at = this.#at
    if (at + length > bytes.length) return false
    for (let index = 0; index < words.length; index++, at += 4) {
      if (view.getInt32(at) !== words[index]) return false
    }
    for (let index = 0; index < rest.length; index++) if (bytes[at++] !== rest[index]) return false
    return true
  }

  boolean(): boolean {
    const head = this.#bytes[this.#at++]
    return head === 0xc2 || head === 0xc3 ? head === 0xc3 : this.#fail(false)
  }

  /** From 0 to 2^53 - 1. */
  integer(): number {
    const head = this.#bytes[this.#at] ?? 0xff
    const at = this.#at + 1
    if (head < 0x80) {
      this.#at = at
      return head
    }
    if (head < 0xcc || head > 0xcf) return this.#fail(0)
    const size = 1 << (head - 0xcc)
    this.#at = at + size
    if (size < 8) return this.#number(at, size)
    const high = this.#number(at, 4)
    return high > INTEGER_HIGH_MAX ? this.#fail(0) : high * 0x1_0000_0000 + this.#number(at + 4, 4)
  }

  /** An array of 1 to 1,024 integers. */
  integers(): number[] {
    const count = this.array() ?? this.#fail(0)
    const integers: number[] = []
    while (integers.length < count && this.#usual) integers.push(this.integer())
    return integers
  }

  /** A name; nearly always the last one of its kind, which is then not made anew. */
  name(last: string): string {
    if (last.length > 0 && this.#repeats(last)) return last
    const name = this.text()
    return isName(name) ? name : this.#fail('')
  }

  /** Text of 1 to 64 bytes. */
  id(): string {
    const id = this.text()
    return id.length > 0 && this.#textBytes <= ID_BYTES_MAX ? id : this.#fail('')
  }

  /** Text; such as is no UTF-8 is unusual, and such as holds the sign for that. */
  text(): string {
    const from = this.#at
    const head = this.#bytes[from] ?? 0
    if (head >>> 5 === 0x5) return this.#take(from + 1, head & 0x1f)
    if (head < 0xd9 || head > 0xdb) return this.#fail('')
    const size = 1 << (head - 0xd9)
    return this.#take(from + 1 + size, this.#number(from + 1, size))
  }

  /** Text that is nearly always the last one of its kind, which is then not made anew: up to 255 letters of ASCII. */
  again(last: string): string {
    return this.#repeats(last) ? last : this.text()
  }

  /** Text that is nearly always one of few, which is then not made anew. */
  oneOf(known: KnownTexts): string {
    for (const each of known.texts) if (this.#repeats(each)) return each
    const text = this.text()
    if (this.#usual) known.add(text)
    return text
  }

  /** Whether this text comes next, which then is passed. Only ASCII does. */
  #repeats(last: string): boolean {
    const { length } = last
    const bytes = this.#bytes
    let at = this.#at
    const head = bytes[at++]
    if (length >= SHORT_TEXT ? head !== 0xd9 || bytes[at++] !== length : head !== (0xa0 | length))
      return false
    for (let index = 0; index < length; index++, at++) {
      const letter = bytes[at] as number
      if (letter !== last.charCodeAt(index) || letter >= 0x80) return false
    }
    this.#at = at
    return true
  }

  /** Text, or bytes: a view into the body. */
  textOrBytes(): string | Uint8Array {
    const head = this.#bytes[this.#at] ?? 0
    if (head < 0xc4 || head > 0xc6) return this.text()
    const size = 1 << (head - 0xc4)
    const from = this.#at + 1 + size
    const count = this.#number(this.#at + 1, size)
    this.#at = from + count
    const { buffer, byteOffset, length } = this.#bytes
    return this.#at > length ? this.#fail('') : new Uint8Array(buffer, byteOffset + from, count)
  }

  #take(from: number, count: number): string {
    this.#at = from + count
    this.#textBytes = count
    if (this.#at > this.#bytes.length) return this.#fail('')
    const text = this.#bytes.toString('utf8', from, this.#at)
    return text.includes(REPLACEMENT) ? this.#fail('') : text
  }

  /** A big-endian number of 1, 2 or 4 bytes; beyond the end all is unusual. */
  #number(at: number, size: number): number {
    if (at + size > this.#bytes.length) return this.#fail(0)
    const view = this.#view
    if (size === 4) return view.getUint32(at)
    return size === 2 ? view.getUint16(at) : view.getUint8(at)
  }

  #fail<Value>(value: Value): Value {
    this.#usual = false
    return value
  }
}
