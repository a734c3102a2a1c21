/** ZeroMQ's own text form of binary keys: five characters for four bytes. */
const ALPHABET = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#'
const BASE = ALPHABET.length

/** @param bytes their number is a multiple of four */
export function encodeZ85(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let text = ''
  for (let at = 0; at < bytes.byteLength; at += 4) {
    let value = view.getUint32(at)
    let five = ''
    for (let digit = 0; digit < 5; digit++) {
      five = ALPHABET.charAt(value % BASE) + five
      value = Math.floor(value / BASE)
    }
    text += five
  }
  return text
}

/** The bytes; undefined when the text is none of Z85. */
export function decodeZ85(text: string): Uint8Array | undefined {
  if (text.length % 5 !== 0) return undefined
  const bytes = new Uint8Array((text.length / 5) * 4)
  const view = new DataView(bytes.buffer)
  for (let at = 0; at < text.length; at += 5) {
    let value = 0
    for (const character of text.slice(at, at + 5)) {
      const digit = ALPHABET.indexOf(character)
      if (digit < 0) return undefined
      value = value * BASE + digit
    }
    if (value > 0xffffffff) return undefined
    view.setUint32((at / 5) * 4, value)
  }
  return bytes
}
