import { setTimeout as delay } from 'node:timers/promises'
import { type Client, RecadoError } from '../../src/client/index.ts'
import { connectTo, until } from '../support/load.ts'
import type { TestSystem } from '../support/system.ts'
import type { Recorder } from './recorder.ts'

const WRITERS = ['ana', 'rui', 'eva', 'leo']
/** Operations that each writer has under way: so many are at a server when a fault comes. */
const WORKERS = 10
/** Between an answer and a worker's next operation: so the load, 1,600 a second, is the same on any machine that can. */
const PAUSE_MS = 25
/** The library tries an operation, with the same id, until then; its outcome is unknown afterwards. */
const TRIED_MS = 6000
const READER = 'reader'
const CHANNEL = 'faults'

/** Several clients that publish and send direct messages, each text once, and one that subscribes to all of it. */
export class Clients {
  readonly #system: TestSystem
  readonly #recorder: Recorder
  readonly #clients: Client[] = []
  readonly #subscriptions: Promise<void>[] = []
  #writing: Promise<void>[] = []
  #failure: Error | undefined
  #stopping = false

  constructor(system: TestSystem, recorder: Recorder) {
    this.#system = system
    this.#recorder = recorder
  }

  /** What failed for good: a fault of the system or of these clients. */
  get failure(): Error | undefined {
    return this.#failure
  }

  async start(): Promise<void> {
    const reader = await this.#connect(READER)
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
      await delay(PAUSE_MS)
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
