import type { Client } from '../../src/client/index.ts'
import { connectTo, equalFiles, until } from '../support/load.ts'
import type { TestSystem } from '../support/system.ts'

const CHANNEL = 'square'
const USER = 'witness'

/** A client that keeps the rules beside those that do not: says one thing after another, and remembers what was acknowledged. */
export class Witness {
  readonly #system: TestSystem
  readonly #client: Client
  readonly #acknowledged = new Set<string>()
  readonly #received = new Set<string>()
  readonly #failures: string[] = []
  #number = 0
  #running: Promise<unknown>

  private constructor(system: TestSystem, client: Client) {
    this.#system = system
    this.#client = client
    const subscription = client.subscribe(CHANNEL, { from: 'start' })
    this.#running = this.#receive(subscription)
  }

  static async start(system: TestSystem): Promise<Witness> {
    const client = await connectTo(system, USER)
    await client.createChannel(CHANNEL)
    return new Witness(system, client)
  }

  /** Says one thing more; how long its acknowledgement took, in ms. */
  async say(): Promise<number> {
    const text = `${USER} ${++this.#number}`
    const began = performance.now()
    await this.#client.publish(CHANNEL, text)
    this.#acknowledged.add(text)
    return performance.now() - began
  }

  /** Says one thing every `pauseMs` until `done` is settled; how long each acknowledgement took. */
  async sayUntil(done: Promise<unknown>, pauseMs: number): Promise<number[]> {
    const talk = { ended: false }
    const end = (): void => {
      talk.ended = true
    }
    done.then(end, end)
    const latencies: number[] = []
    while (!talk.ended) {
      try {
        latencies.push(await this.say())
      } catch (error) {
        this.#failures.push(String(error))
      }
      await pause(pauseMs)
    }
    await done
    return latencies
  }

  /**
   * Waits until all servers' files are the same and hold all that was acknowledged, and the subscription all that the
   * files hold. Gives what is wrong even so: what stands twice in the files, and what failed.
   */
  async check(deadlineMs: number): Promise<{ twice: string[]; failures: string[] }> {
    let texts: string[] = []
    await until(deadlineMs, () => {
      const lines = equalFiles(this.#system)
      if (lines === undefined) return 'the files differ'
      texts = lines.filter(({ user }) => user === USER).map(({ message }) => String(message))
      const held = new Set(texts)
      const lost = [...this.#acknowledged].filter((text) => !held.has(text))
      return (
        lost.length === 0 ||
        `${lost.length} acknowledged are not in the files: ${lost.slice(0, 5).join(', ')}`
      )
    })
    await until(deadlineMs, () => {
      const missing = texts.filter((text) => !this.#received.has(text))
      return missing.length === 0 || `${missing.length} did not reach the subscription`
    })
    return { twice: texts.filter((text, index) => texts.indexOf(text) !== index), failures: this.#failures }
  }

  async close(): Promise<void> {
    await this.#client.close()
    await this.#running
  }

  async #receive(subscription: ReturnType<Client['subscribe']>): Promise<void> {
    try {
      for await (const { message } of subscription) this.#received.add(String(message))
    } catch {
      // The client was closed.
    }
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
}
