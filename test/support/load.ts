import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type Client, connect, RecadoError } from '../../src/client/index.ts'
import { parseLine } from '../../src/wire/index.ts'
import type { Held, Recorder } from './recorder.ts'
import type { TestSystem } from './system.ts'

const POLL_MS = 50
const FILES = ['publications.jsonl', 'messages.jsonl', 'registry.json']
/** Longer than any test waits for an answer. */
const PATIENT_MS = 60_000
const WRITERS = ['ana', 'rui', 'eva', 'leo']
/** Operations that each writer has under way: so many are at a server when a fault comes. */
const WORKERS = 10
/** Between an answer and a worker's next operation: so the load, 1,600 a second, is the same on any machine that can. */
const PAUSE_MS = 25
/** The library tries an operation, with the same id, until then; its outcome is unknown afterwards. */
const TRIED_MS = 6000
const READER = 'reader'
const CHANNEL = 'faults'

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

/** Where clients find a system. */
export type Entrance = Pick<TestSystem, 'brokerAddress' | 'proxyAddress'> &
  Partial<Pick<TestSystem, 'keysDir'>>

export function connectTo(system: Entrance, user?: string, timeoutMs = PATIENT_MS): Promise<Client> {
  const { brokerAddress: broker, proxyAddress: proxy, keysDir } = system
  return connect({
    broker,
    proxy,
    timeoutMs,
    ...(user !== undefined && { user }),
    ...(keysDir !== undefined && { keysDir }),
  })
}

/** What a server's files hold, in their order; undefined when the servers' files are not the same bytes. */
export function equalFiles(system: TestSystem): readonly ReturnType<typeof parseLine>[] | undefined {
  const [first = [], ...others] = system.processes
    .filter(({ name }) => name.startsWith('server-'))
    .map(({ name }) => FILES.map((file) => read(join(system.folder, name, file))))
  if (others.some((files) => files.some((bytes, index) => !bytes.equals(first[index] as Buffer))))
    return undefined
  return first.slice(0, 2).flatMap((bytes) => linesOf(bytes).map((line) => parseLine(line.toString())))
}

/** One by one: a file may be longer than a text can be. */
function linesOf(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = []
  for (let start = 0; start < bytes.byteLength; ) {
    const newline = bytes.indexOf('\n', start)
    const end = newline === -1 ? bytes.byteLength : newline
    if (end > start) lines.push(bytes.subarray(start, end))
    start = end + 1
  }
  return lines
}

function read(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch {
    return Buffer.alloc(0)
  }
}

/** Several clients that publish and send direct messages, each text once, and one that subscribes to all of it. */
export class Load {
  readonly #system: Entrance
  readonly #recorder: Recorder
  readonly #pauseMs: number
  readonly #clients: Client[] = []
  #reader: Client | undefined
  readonly #subscriptions: Promise<void>[] = []
  #writing: Promise<void>[] = []
  #failure: Error | undefined
  #stopping = false

  /** `pauseMs`: between an answer and a worker's next operation. */
  constructor(system: Entrance, recorder: Recorder, pauseMs = PAUSE_MS) {
    this.#system = system
    this.#recorder = recorder
    this.#pauseMs = pauseMs
  }

  /** What failed for good: a fault of the system or of these clients. */
  get failure(): Error | undefined {
    return this.#failure
  }

  /** The client that subscribes; undefined before it is connected. */
  get reader(): Client | undefined {
    return this.#reader
  }

  async start(): Promise<void> {
    const reader = await this.#connect(READER)
    this.#reader = reader
    await reader.createChannel(CHANNEL)
    for (const topic of [CHANNEL, { user: READER }]) {
      const subscription = reader.subscribe(topic, { from: 'start' })
      this.#subscriptions.push(this.#receive(subscription))
      await subscription.ready
    }
    for (const name of WRITERS) {
      const client = await this.#connect(name)
      this.#recorder.begin(name, performance.now())
      for (let worker = 1; worker <= WORKERS; worker++) {
        this.#writing.push(this.#write(client, name, `${name} ${worker}`))
      }
    }
  }

  /** Waits until so many more operations are acknowledged than now. @throws Error after the deadline */
  more(count: number, deadlineMs: number): Promise<void> {
    const wanted = this.#recorder.acknowledged + count
    return until(deadlineMs, () => this.#recorder.acknowledged >= wanted || this.#state())
  }

  /** Lets the writers finish what they are at. */
  async stopWriting(): Promise<void> {
    this.#stopping = true
    await Promise.all(this.#writing)
    this.#writing = []
  }

  async close(): Promise<void> {
    this.#stopping = true
    await Promise.all(this.#clients.map((client) => client.close()))
    await Promise.all([...this.#writing, ...this.#subscriptions])
  }

  #state(): string {
    return `${this.#recorder.acknowledged} acknowledged${this.#failure === undefined ? '' : `; ${this.#failure.message}`}`
  }

  async #connect(user: string): Promise<Client> {
    const client = await connectTo(this.#system, user, TRIED_MS)
    this.#clients.push(client)
    return client
  }

  async #write(client: Client, name: string, worker: string): Promise<void> {
    for (let count = 1; !this.#stopping; count++) {
      const text = `${worker} ${count}`
      try {
        if (count % 4 === 0) await client.message(READER, text)
        else await client.publish(CHANNEL, text)
        this.#recorder.acknowledge(name, text, performance.now())
      } catch (error) {
        this.#recorder.giveUp(text)
        if (!(error instanceof RecadoError && error.retryable)) this.#fail(error)
      }
      await delay(this.#pauseMs)
    }
  }

  async #receive(subscription: ReturnType<Client['subscribe']>): Promise<void> {
    try {
      for await (const { message } of subscription) this.#recorder.receive(String(message))
    } catch (error) {
      if (!(this.#stopping && error instanceof RecadoError)) this.#fail(error)
    }
  }

  #fail(error: unknown): void {
    this.#failure ??= error instanceof Error ? error : new Error(String(error))
    this.#stopping = true
  }
}

/** What the servers' files lack to be the same and to hold all that was acknowledged; true when nothing. */
export function complete(system: TestSystem, recorder: Recorder): true | string {
  const held = heldBy(system)
  if (held === undefined) return 'the files differ'
  const missing = recorder.missingIn(new Set(held.map(({ text }) => text)))
  return (
    missing.length === 0 || `${missing.length} are missing in the files: ${missing.slice(0, 5).join(', ')}`
  )
}

/** Whether the load's subscriber has all that is in the files. */
export function told(system: TestSystem, recorder: Recorder): true | string {
  const held = heldBy(system)?.length ?? 0
  return recorder.received >= held || `${recorder.received} of ${held} were told`
}

/** What the load said that stands in the files; undefined when these are not the same bytes. */
export function heldBy(system: TestSystem): Held[] | undefined {
  const lines = equalFiles(system)
  return lines && saidBy(lines)
}

/** What the load said of these lines of servers' files. */
export function saidBy(lines: readonly ReturnType<typeof parseLine>[]): Held[] {
  return lines.flatMap(({ user, kind, message }) => {
    if (!WRITERS.includes(user)) return []
    return [
      { text: String(message), kind: kind === 'publish' ? ('publication' as const) : ('message' as const) },
    ]
  })
}
