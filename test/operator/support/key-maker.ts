import { encodeZ85 } from '../../../src/keys/index.ts'
import type { KeyMaker } from '../../../src/operator/security/index.ts'

/** Keys that are the same in every run, each another one; no handshake would work with them. */
export function testKeyMaker(): KeyMaker {
  let made = 0
  const key = (): string => {
    made++
    return encodeZ85(Uint8Array.from({ length: 32 }, (_, at) => (made * 31 + at * 7 + (made >> 3)) & 0xff))
  }
  return { key, pair: () => ({ publicKey: key(), secretKey: key() }) }
}
