import { randomBytes } from 'node:crypto'
import * as zmq from 'zeromq'
import type { KeyPair } from '../../ports/index.ts'
import { encodeZ85 } from './z85.ts'

const KEY_BYTES = 32

/** A new CURVE key pair. */
export function makeKeyPair(): KeyPair {
  const { publicKey, secretKey } = zmq.curveKeyPair()
  return { publicKey, secretKey }
}

/** A new key that several processes share, 256 bits of chance. */
export function makeKey(): string {
  return encodeZ85(randomBytes(KEY_BYTES))
}
