import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Client, connect, RecadoError } from '../../src/client/index.ts'
import { parseLine } from '../../src/wire/index.ts'
import type { TestSystem } from './system.ts'

const POLL_MS = 50
const FILES = ['publications.jsonl', 'messages.jsonl', 'registry.json']
/** Operations that each client has under way: so many are at a server when a fault comes. */
const WORKERS = 30
/** Longer than any fault of the tests: the library tries an operation, with the same id, until then. */
const TRIED_MS = 60_000

/** Waits for a condition; throws after the deadline, with the last state that `condition` told (true: it holds). */
export async function until(deadlineMs: number, condition: () => unknown): Promise<void> {
  const end = performance.now() + deadlineMs
  for (;;) {
    const state = await condition()
    if (state === true) return
    if (performance.now() >= end) throw new Error(`Not within ${deadlineMs} ms: ${String(state)}`)
    await new Promise((resolve) => {
      setTimeout(resolve, POLL_MS)
    })
  }
}

export function connectTo(system: TestSystem, user?: string, timeoutMs = TRIED_MS): Promise<Client> {
  const { brokerAddress: broker, proxyAddress: proxy } = system
  return connect({ broker, proxy, timeoutMs, ...(user !== undefined && { user }) })
}

/** What a server's files hold, in their order; undefined when the servers' files are not the same bytes. */
export function equalFiles(system: TestSystem): readonly ReturnType<typeof parseLine>[] | undefined {
  const [first = [], ...others] = system.processes
    .filter(({ name }) => name.startsWith('server-'))
    .map(({ name }) => FILES.map((file) => read(join(system.folder, name, file))))
  if (others.some((files) => files.some((bytes, index) => !bytes.equals(first[index] as Buffer))))
    return undefined
  return first
    .slice(0, 2)
    .flatMap((bytes) => bytes.toString().split('\n'))
    .flatMap((line) => (line === '' ? [] : [parseLine(line)]))
}

function read(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch {
    return Buffer.alloc(0)
  }
}

/**
 * Several clients that publish to a channel and send direct messages, each text once, as fast as they are answered; and
 * a client that subscribes to both. `check` says whether the system kept its promises.
 */
export class Load {
  readonly #system: TestSystem
  readonly #channel: string
  readonly #clients: Client[] = []
  readonly #acknowledged = new Set<string>()
  readonly #failures: unknown[] = []
  readonly #received: string[] = []
  #running: Promise<unknown>[] = []
  #stopping = false

  private constructor(system: TestSystem, channel: string) {
    this.#system = system
    this.#channel = channel
  }

  /** `name` makes the channel, the users and the texts this load's own. */
  static async start(system: TestSystem, name: string): Promise<Load> {
    const load = new Load(system, name)
    const reader = await load.#connect(`${name}.reader`)
    await reader.createChannel(name)
    for (const topic of [name, { user: `${name}.reader` }]) {
      const subscription = reader.subscribe(topic, { from: 'start' })
      load.#running.push(load.#receive(subscription))
      await subscription.ready
    }
    for (const writer of ['a', 'b', 'c']) {
      const client = await load.#connect(`${name}.${writer}`)
      for (let worker = 1; worker <= WORKERS; worker++) {
        load.#running.push(load.#write(client, `${writer}${worker}`))
      }
    }
    return load
  }

  /** Waits until so many more operations are acknowledged than now. */
  more(count: number, deadlineMs = 20_000): Promise<void> {
    const wanted = this.#acknowledged.size + count
    return until(deadlineMs, () => this.#acknowledged.size >= wanted || this.#state())
  }

  /**
   * Ends the writing and waits until the servers' files are the same and hold all that was acknowledged. Then gives
   * what those files hold twice and what the subscriber got twice, was not told or was told in vain, and the failures.
   */
  async check({ subscriber = true } = {}): Promise<unknown> {
    await this.#stopWriting()
    let texts: string[] = []
    await until(20_000, () => {
      const lines = equalFiles(this.#system)
      if (lines === undefined) return 'the files differ'
      texts = lines
        .filter(({ user }) => user.startsWith(`${this.#channel}.`))
        .map(({ message }) => String(message))
      const held = new Set(texts)
      const missing = [...this.#acknowledged].filter((text) => !held.has(text))
      return (
        missing.length === 0 ||
        `${missing.length} acknowledged are missing in the files: ${missing.slice(0, 5).join(', ')}`
      )
    })
    const findings = { twiceInFiles: twice(texts), failures: this.#failures.map(String) }
    if (!subscriber) return findings
    const held = new Set(texts)
    await until(
      20_000,
      () => this.#received.length >= held.size || `got ${this.#received.length} of ${held.size}`,
    )
    return {
      ...findings,
      receivedTwice: twice(this.#received),
      receivedInVain: this.#received.filter((text) => !held.has(text)),
    }
  }

  /** Lets the writers finish what they are at. */
  async #stopWriting(): Promise<void> {
    this.#stopping = true
    const [, , ...writers] = this.#running
    await Promise.all(writers)
  }

  async close(): Promise<void> {
    this.#stopping = true
    await Promise.all(this.#clients.map((client) => client.close()))
    await Promise.all(this.#running)
    this.#running = []
  }

  #state(): string {
    return `${this.#acknowledged.size} acknowledged, failures: ${this.#failures.map(String).join('; ')}`
  }

  async #connect(user: string): Promise<Client> {
    const client = await connectTo(this.#system, user)
    this.#clients.push(client)
    return client
  }

  async #write(client: Client, worker: string): Promise<void> {
    for (let number = 1; !this.#stopping; number++) {
      const text = `${this.#channel} ${worker} ${number}`
      try {
        if (number % 4 === 0) await client.message(`${this.#channel}.reader`, text)
        else await client.publish(this.#channel, text)
        this.#acknowledged.add(text)
      } catch (error) {
        if (!this.#stopping) this.#failures.push(error)
        return
      }
    }
  }

  async #receive(subscription: ReturnType<Client['subscribe']>): Promise<void> {
    try {
      for await (const { message } of subscription) this.#received.push(String(message))
    } catch (error) {
      if (!(error instanceof RecadoError && this.#stopping)) this.#failures.push(error)
    }
  }
}

/** What `check` gives when all is well. */
export const KEPT = { twiceInFiles: [], failures: [], receivedTwice: [], receivedInVain: [] }

function twice(texts: readonly string[]): string[] {
  const seen = new Set<string>()
  return texts.filter((text) => seen.size === seen.add(text).size)
}
