import { encodeZ85 } from '../../../src/keys/index.ts'
import type { KeyMaker } from '../../../src/operator/security/index.ts'

const KEY_BYTES = 32

/** Keys that are the same in every run, each another one; no handshake would work with them. */
export function testKeyMaker(from = 0): KeyMaker {
  let made = from
  const key = (): string => {
    const bytes = new Uint8Array(KEY_BYTES).fill(0x5a)
    new DataView(bytes.buffer).setUint32(0, ++made)
    return encodeZ85(bytes)
  }
  return { key, pair: () => ({ publicKey: key(), secretKey: key() }) }
}
