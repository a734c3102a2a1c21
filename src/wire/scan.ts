import { RecadoError } from './errors.ts'
import type { Limits } from './limits.ts'

const INTEGER_HIGH_MAX = 0x1f_ffff

/**
 * Walks over the headers of one MessagePack value and allocates nothing that the value's own size could inflate:
 * decoders make an array as long as its header says, so a few bytes could ask for gigabytes.
 * @throws RecadoError `too_large` when the frame is, `bad_request` for anything else beyond the limits
 */
export function scan(bytes: Uint8Array, limits: Limits): void {
  if (bytes.byteLength > limits.frameBytes) {
    throw new RecadoError(
      'too_large',
      `The frame has ${bytes.byteLength} bytes, ${limits.frameBytes} are allowed`,
    )
  }
  new Scanner(bytes, limits).run()
}

class Scanner {
  readonly #view: DataView
  readonly #end: number
  readonly #limits: Limits
  /** How many values each open map or array still wants. */
  readonly #wanted: number[] = [1]
  #elements = 0
  #at = 0

  constructor(bytes: Uint8Array, limits: Limits) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#end = bytes.byteLength
    this.#limits = limits
  }

  run(): void {
    const wanted = this.#wanted
    while (wanted.length > 0) {
      const last = wanted.length - 1
      if (wanted[last] === 0) {
        wanted.pop()
        continue
      }
      wanted[last] = (wanted[last] as number) - 1
      const head = this.#number(1)
      if (head <= 0x7f || head >= 0xe0) continue
      if (head <= 0x8f) this.#open((head & 0x0f) * 2)
      else if (head <= 0x9f) this.#open(head & 0x0f)
      else if (head <= 0xbf) this.#skip(head & 0x1f)
      else this.#long(head)
    }
    if (this.#at !== this.#end) refuse('bytes follow its one value')
  }

  /** Values whose header is one byte and a length or a value behind it. */
  #long(head: number): void {
    switch (head) {
      case 0xc0:
      case 0xc2:
      case 0xc3:
        return
      case 0xc4:
      case 0xd9:
        return this.#skip(this.#number(1))
      case 0xc5:
      case 0xda:
        return this.#skip(this.#number(2))
      case 0xc6:
      case 0xdb:
        return this.#skip(this.#number(4))
      case 0xca:
        return this.#skip(4)
      case 0xcb:
        return this.#skip(8)
      case 0xcc:
      case 0xd0:
        return this.#skip(1)
      case 0xcd:
      case 0xd1:
        return this.#skip(2)
      case 0xce:
      case 0xd2:
        return this.#skip(4)
      case 0xcf:
        return this.#wide(false)
      case 0xd3:
        return this.#wide(true)
      case 0xdc:
        return this.#open(this.#number(2))
      case 0xdd:
        return this.#open(this.#number(4))
      case 0xde:
        return this.#open(this.#number(2) * 2)
      case 0xdf:
        return this.#open(this.#number(4) * 2)
      default:
        return refuse('it holds an extension type')
    }
  }

  #number(size: 1 | 2 | 4): number {
    this.#need(size)
    const at = this.#at
    this.#at += size
    if (size === 1) return this.#view.getUint8(at)
    return size === 2 ? this.#view.getUint16(at) : this.#view.getUint32(at)
  }

  #skip(count: number): void {
    this.#need(count)
    this.#at += count
  }

  #open(count: number): void {
    if (count === 0) return
    this.#elements += count
    const { elements, depth } = this.#limits
    if (this.#elements > elements) refuse(`it has more than ${elements} elements`)
    if (this.#wanted.length > depth) refuse(`it is nested more than ${depth} levels deep`)
    this.#wanted.push(count)
  }

  /** An integer of 64 bits. -2^53 itself is refused too: only what a double holds without doubt may pass. */
  #wide(signed: boolean): void {
    this.#need(8)
    const high = signed ? this.#view.getInt32(this.#at) : this.#view.getUint32(this.#at)
    const low = this.#view.getUint32(this.#at + 4)
    this.#at += 8
    const fits =
      high >= 0
        ? high <= INTEGER_HIGH_MAX
        : high > -INTEGER_HIGH_MAX - 1 || (high === -INTEGER_HIGH_MAX - 1 && low > 0)
    if (!fits) refuse('an integer is beyond 2^53')
  }

  #need(count: number): void {
    if (this.#at + count > this.#end) refuse('it is cut short')
  }
}

function refuse(what: string): never {
  throw new RecadoError('bad_request', `Cannot decode the frame: ${what}`)
}
