import { createHmac, randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto'
import type { Credentials } from '../ports/index.ts'

/** 16 MiB and some 40 ms for each try, for who has the verifier as for us. */
const COST = { N: 16_384, r: 8, p: 1 }
const [SALT_BYTES, HASH_BYTES] = [16, 32]
/** At once: libuv's threads serve the disk too. */
const AT_ONCE = 1

/** Credentials under the keys that `keys` tells at each use: the first signs, each may have signed. */
export function openCredentials(keys: () => readonly string[]): Credentials {
  const turns = new Turns(AT_ONCE)
  let [known, generation] = ['', 0]
  const signature = (text: string, key: string): Buffer => createHmac('sha256', key).update(text).digest()
  return {
    async verifierOf(secret) {
      const salt = randomBytes(SALT_BYTES)
      const hash = await turns.take(() => hashOf(secret, salt, COST))
      const { N, r, p } = COST
      return ['scrypt', N, r, p, salt.toString('base64url'), hash.toString('base64url')].join('$')
    },
    async matches(secret, verifier) {
      const [name, N, r, p, salt, hash] = verifier.split('$')
      if (name !== 'scrypt' || salt === undefined || hash === undefined) return false
      const options = { N: Number(N), r: Number(r), p: Number(p) }
      const found = await turns.take(() => hashOf(secret, Buffer.from(salt, 'base64url'), options))
      const wanted = Buffer.from(hash, 'base64url')
      return found.byteLength === wanted.byteLength && timingSafeEqual(found, wanted)
    },
    sign: (text) => signature(text, keys()[0] as string).toString('base64url'),
    isSigned(text, signed) {
      const given = Buffer.from(signed, 'base64url')
      if (given.byteLength !== HASH_BYTES || given.toString('base64url') !== signed) return false
      return keys().some((key) => timingSafeEqual(signature(text, key), given))
    },
    generation() {
      const now = keys().join(' ')
      if (now !== known) generation++
      known = now
      return generation
    },
  }
}

function hashOf(secret: string, salt: Uint8Array, options: ScryptOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(secret.normalize('NFC'), salt, HASH_BYTES, options, (error, hash) => {
      if (error === null) resolve(hash)
      else reject(error)
    })
  })
}

/** So many at once, the others in their order. Who may wait is bounded by its callers. */
class Turns {
  readonly #waiting: (() => void)[] = []
  #free: number

  constructor(atOnce: number) {
    this.#free = atOnce
  }

  async take<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#free > 0) this.#free--
    else {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve)
      })
    }
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#free++
      else next()
    }
  }
}
