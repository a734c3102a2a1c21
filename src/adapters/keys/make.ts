import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { encodeZ85 } from '../../keys/index.ts'
import type { KeyPair } from '../../ports/index.ts'

const KEY_BYTES = 32

/** A new CURVE key pair: one of X25519, made without libzmq, for who makes keys needs no sockets. */
export function makeKeyPair(): KeyPair {
  const { x = '', d = '' } = generateKeyPairSync('x25519').privateKey.export({ format: 'jwk' })
  return { publicKey: textOf(x), secretKey: textOf(d) }
}

/** A new key that several processes share, 256 bits of chance. */
export function makeKey(): string {
  return encodeZ85(randomBytes(KEY_BYTES))
}

function textOf(base64url: string): string {
  return encodeZ85(Buffer.from(base64url, 'base64url'))
}
