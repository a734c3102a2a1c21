import { createHmac, randomBytes } from 'node:crypto'
import { openDealer } from '../../src/adapters/zeromq/index.ts'
import type { Dealer, Pass } from '../../src/ports/index.ts'
import { decode, encode, PEER_LIMITS } from '../../src/wire/index.ts'

export type Answer = Readonly<Record<string, unknown>>

const ANSWER_MS = 15_000

/** A client of another make, with keys: it says whatever it wants, and tells what it was answered. */
export class Asker {
  readonly #dealer: Dealer
  readonly #answers = new Map<string, (data: Answer) => void>()
  #number = 0

  constructor(address: string, pass: Pass) {
    this.#dealer = openDealer(address, pass)
    this.#dealer.receive((frames) => {
      const { id, data } = decode(frames.at(-1) as Uint8Array, PEER_LIMITS) as { id: string; data: Answer }
      this.#answers.get(id)?.(data)
    })
  }

  /** @throws Error when nothing comes within 15 s */
  async ask(service: string, data: object, id = `ask-${this.#number++}`): Promise<Answer> {
    this.#dealer.send([new Uint8Array(), encode({ service, id, clock: 1, timestamp: 1, data })])
    const { promise, resolve, reject } = Promise.withResolvers<Answer>()
    const late = setTimeout(() => reject(new Error(`No answer to ${service}`)), ANSWER_MS)
    this.#answers.set(id, resolve)
    try {
      return await promise
    } finally {
      clearTimeout(late)
      this.#answers.delete(id)
    }
  }

  async tokenOf(user: string, secret: string): Promise<string> {
    const { token, code, message } = await this.ask('login', { user, secret })
    if (typeof token !== 'string')
      throw new Error(`${user} cannot log in: ${String(code)}: ${String(message)}`)
    return token
  }

  close(): Promise<void> {
    return this.#dealer.close()
  }
}

/** A token like this one, for the same user, that expired a second ago, signed under this key (Z85) of `cluster.keys`. */
export function expired(token: string, key: string): string {
  const [user, , secret] = token.split(':')
  const text = `${user}:${Date.now() - 1000}:${secret}`
  return `${text}:${createHmac('sha256', key).update(text).digest('base64url')}`
}

/** Tokens made of two users' that nobody gave: cut, altered, and signed by who has no key. */
export function forgedTokens(token: string, another: string): unknown[] {
  const [user, expiry, secret, signature = ''] = token.split(':')
  const [other] = another.split(':')
  const forged = createHmac('sha256', randomBytes(32))
    .update(`${user}:${expiry}:${secret}`)
    .digest('base64url')
  return [
    token.slice(0, -1),
    `${token}A`,
    `${other}:${expiry}:${secret}:${signature}`,
    `${user}:${Number(expiry) + 1}:${secret}:${signature}`,
    `${user}:${expiry}:${secret}x:${signature}`,
    `${user}:${expiry}:${secret}:${forged}`,
    `${user}:${expiry}:${secret}:`,
    'a'.repeat(100_000),
    7,
  ]
}

/** Asks one question with these keys, and goes. */
export async function askOnce(address: string, pass: Pass, service: string, data: object): Promise<Answer> {
  const asker = new Asker(address, pass)
  try {
    return await asker.ask(service, data)
  } finally {
    await asker.close()
  }
}
