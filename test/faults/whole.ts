import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openDealer } from '../../src/adapters/zeromq/index.ts'
import type { Client, Subscription } from '../../src/client/index.ts'
import { parseCertificate, parseKeyList } from '../../src/keys/index.ts'
import type { KeyPair, Pass } from '../../src/ports/index.ts'
import { decode, encode, PEER_LIMITS } from '../../src/wire/index.ts'
import { connectTo, until } from '../support/load.ts'
import type { TestSystem } from '../support/system.ts'

const CHANNEL = 'afterwards'
const TRIED_MS = 5000
const ANSWER_MS = 1000
/** Connections that are opened at once, so that the broker spreads them over the servers. */
const AT_ONCE = 6

interface Listed {
  readonly servers: readonly { name: string; state: string; voter: boolean }[]
  readonly brokers: readonly string[]
  readonly proxies: readonly string[]
}

type Answer = { readonly status: 'error'; readonly message: string } | ({ readonly status: 'ok' } & Listed)

/**
 * Looks whether a system is whole again, and not only its files: whether every process says that it is ready, ref answers and
 * lists all as it should, the broker has every server, and what each server publishes comes live through the proxy to who
 * has listened since before the first fault. Readiness alone would not do: that of ref and of the proxy ends with their start.
 */
export class Whole {
  readonly #system: TestSystem
  readonly #reader: Client
  readonly #servers: readonly string[]
  /** Of each server one client that it serves. */
  readonly #voices = new Map<string, Client>()
  readonly #heard = new Set<string>()
  #subscription: Subscription | undefined

  /** `reader`: a client that was connected before the first fault. */
  constructor(system: TestSystem, reader: Client) {
    this.#system = system
    this.#reader = reader
    this.#servers = system.processes.map(({ name }) => name).filter((name) => name.startsWith('server-'))
  }

  /** What is missing; true when nothing. Clients are asked last, for they can do nothing while another thing is missing. */
  async missing(): Promise<true | string> {
    const checks = [
      ...this.#system.processes.map(
        ({ name }) =>
          () =>
            this.#readiness(name),
      ),
      () => this.#listed(),
      () => this.#registered(),
    ]
    const missing = (await Promise.all(checks.map(told))).flat()
    if (missing.length === 0) missing.push(...(await told(() => this.#unheard())))
    return missing.length === 0 || missing.join('; ')
  }

  async close(): Promise<void> {
    this.#subscription?.close()
    await Promise.all([...this.#voices.values()].map((client) => client.close()))
  }

  async #readiness(name: string): Promise<string[]> {
    const answer = await this.#system.http(name, '/readyz').catch(() => undefined)
    if (answer === undefined) return [`${name}: does not answer`]
    const { status, text } = answer
    return status === 200 ? [] : [`${name}: ${text.trim().replaceAll('\n', ', ')}`]
  }

  async #listed(): Promise<string[]> {
    const { servers, brokers, proxies } = await askRef(this.#system)
    const state = (name: string): string => {
      const found = servers.find((server) => server.name === name)
      return found === undefined ? 'unknown' : `${found.state}${found.voter ? '' : ' without a vote'}`
    }
    return [
      ...this.#servers.flatMap((name) => (state(name) === 'up' ? [] : [`ref has ${name} as ${state(name)}`])),
      ...(brokers.length === 1 ? [] : [`ref knows ${brokers.length} brokers`]),
      ...(proxies.length === 1 ? [] : [`ref knows ${proxies.length} proxies`]),
    ]
  }

  async #registered(): Promise<string[]> {
    const { text } = await this.#system.http('broker', '/metrics')
    const count = Number(/^recado_broker_servers (\d+)$/m.exec(text)?.[1] ?? 0)
    return count === this.#servers.length ? [] : [`the broker has ${count} servers`]
  }

  /** Whose publications did not come live, by the proxy. */
  async #unheard(): Promise<string[]> {
    await this.#reader.createChannel(CHANNEL)
    this.#subscription ??= this.#reader.subscribe(CHANNEL, { from: 'now' })
    await this.#subscription.ready
    await this.#findVoices()
    for (const [name, client] of this.#voices) {
      if (!this.#heard.has(name)) await this.#hear(this.#subscription, client)
    }
    return this.#servers.flatMap((name) => {
      if (this.#heard.has(name)) return []
      return this.#voices.has(name)
        ? [`nothing that ${name} publishes comes live`]
        : [`no client is given to ${name}`]
    })
  }

  /** Of connections that ask at once each gets another server; one alone never gets the one that has the most already. */
  async #findVoices(): Promise<void> {
    if (this.#voices.size === this.#servers.length) return
    const users = Array.from({ length: AT_ONCE }, (_, index) => `prober-${index + 1}`)
    const asked = await Promise.allSettled(users.map((user) => this.#findVoice(user)))
    for (const result of asked) if (result.status === 'rejected') throw result.reason
  }

  async #findVoice(user: string): Promise<void> {
    const client = await connectTo(this.#system, user, TRIED_MS)
    const { origin } = await client.publish(CHANNEL, 'whose am I?').catch(async (error: unknown) => {
      await client.close()
      throw error
    })
    if (this.#voices.has(origin)) await client.close()
    else this.#voices.set(origin, client)
  }

  async #hear({ counts }: Subscription, client: Client): Promise<void> {
    const before = counts.live
    const { origin } = await client.publish(CHANNEL, 'do you hear me?')
    await until(ANSWER_MS, () => counts.live > before || `${origin} published`).then(
      () => this.#heard.add(origin),
      () => {},
    )
  }
}

/** What fails is missing. */
async function told(check: () => Promise<string[]>): Promise<string[]> {
  try {
    return await check()
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)]
  }
}

/** Asks ref for its list, as whoever may: in secured mode as an operator, who has a port of its own. */
async function askRef(system: TestSystem): Promise<Listed> {
  const { folder, keysDir, ports, refAddress } = system
  const isSecured = keysDir !== undefined
  const address = isSecured ? refAddress.replace(/\d+$/, String(ports.operators)) : refAddress
  const dealer = openDealer(address, isSecured ? operatorOf(join(folder, 'keys')) : undefined)
  const { promise, resolve, reject } = Promise.withResolvers<Listed>()
  const late = setTimeout(() => reject(new Error('ref does not answer')), ANSWER_MS)
  try {
    dealer.receive((frames) => {
      const { data } = decode(frames.at(-1) ?? new Uint8Array(), PEER_LIMITS) as { data: Answer }
      if (data.status === 'ok') resolve(data)
      else reject(new Error(`ref refuses to tell its list: ${data.message}`))
    })
    const now = Date.now()
    dealer.send([
      new Uint8Array(),
      encode({ service: 'list', id: 'list', clock: 1, timestamp: now, data: {} }),
    ])
    return await promise
  } finally {
    clearTimeout(late)
    await dealer.close()
  }
}

function operatorOf(keys: string): Pass {
  const pair = parseCertificate(readFileSync(join(keys, 'operator', 'own.key_secret'), 'utf8')) as KeyPair
  const trusted = parseKeyList(readFileSync(join(keys, 'back.keys'), 'utf8')).map(({ key }) => key)
  return { pair, trusted: trusted.slice(-1), onChange: () => () => {} }
}
