import { RecadoError } from './errors.ts'
import type { Limits } from './limits.ts'

const INTEGER_HIGH_MAX = 0x1f_ffff

function refuse(what: string): never {
  throw new RecadoError('bad_request', `Cannot decode the frame: ${what}`)
}

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
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const end = bytes.byteLength
  /** How many values each open map or array still wants. */
  const wanted: number[] = [1]
  let elements = 0
  let at = 0

  const need = (count: number): void => {
    if (at + count > end) refuse('it is cut short')
  }
  const number = (size: 1 | 2 | 4): number => {
    need(size)
    const value = size === 1 ? view.getUint8(at) : size === 2 ? view.getUint16(at) : view.getUint32(at)
    at += size
    return value
  }
  const skip = (count: number): void => {
    need(count)
    at += count
  }
  const open = (count: number): void => {
    if (count === 0) return
    elements += count
    if (elements > limits.elements) refuse(`it has more than ${limits.elements} elements`)
    if (wanted.length > limits.depth) refuse(`it is nested more than ${limits.depth} levels deep`)
    wanted.push(count)
  }
  const wide = (signed: boolean): void => {
    need(8)
    const high = signed ? view.getInt32(at) : view.getUint32(at)
    const low = view.getUint32(at + 4)
    at += 8
    // -2^53 itself is refused too: only what a double holds without doubt may pass.
    const fits =
      high >= 0
        ? high <= INTEGER_HIGH_MAX
        : high > -INTEGER_HIGH_MAX - 1 || (high === -INTEGER_HIGH_MAX - 1 && low > 0)
    if (!fits) refuse('an integer is beyond 2^53')
  }

  while (wanted.length > 0) {
    const last = wanted.length - 1
    if (wanted[last] === 0) {
      wanted.pop()
      continue
    }
    wanted[last] = (wanted[last] as number) - 1
    const head = number(1)
    if (head <= 0x7f || head >= 0xe0) continue
    if (head <= 0x8f) open((head & 0x0f) * 2)
    else if (head <= 0x9f) open(head & 0x0f)
    else if (head <= 0xbf) skip(head & 0x1f)
    else scanLong(head)
  }
  if (at !== end) refuse('bytes follow its one value')

  function scanLong(head: number): void {
    switch (head) {
      case 0xc0:
      case 0xc2:
      case 0xc3:
        return
      case 0xc4:
      case 0xd9:
        return skip(number(1))
      case 0xc5:
      case 0xda:
        return skip(number(2))
      case 0xc6:
      case 0xdb:
        return skip(number(4))
      case 0xca:
        return skip(4)
      case 0xcb:
        return skip(8)
      case 0xcc:
      case 0xd0:
        return skip(1)
      case 0xcd:
      case 0xd1:
        return skip(2)
      case 0xce:
      case 0xd2:
        return skip(4)
      case 0xcf:
        return wide(false)
      case 0xd3:
        return wide(true)
      case 0xdc:
        return open(number(2))
      case 0xdd:
        return open(number(4))
      case 0xde:
        return open(number(2) * 2)
      case 0xdf:
        return open(number(4) * 2)
      default:
        return refuse('it holds an extension type')
    }
  }
}
