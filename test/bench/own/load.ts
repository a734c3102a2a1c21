import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { TestSystem } from '../../support/system.ts'
import type { Answer, Commands } from './protocol.ts'

const CHILD = fileURLToPath(new URL('load-process.ts', import.meta.url))

interface Waiting {
  readonly resolve: (result: unknown) => void
  readonly reject: (error: Error) => void
}

/** Another process whose clients load the system. */
export class Load {
  readonly name: string
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, Waiting>()
  #next = 1

  private constructor(name: string, env: Readonly<Record<string, string>>) {
    this.name = name
    this.#child = fork(CHILD, { env: { ...process.env, ...env } })
    this.#child.on('message', ({ number, result, error }: Answer) => {
      const waiting = this.#waiting.get(number)
      this.#waiting.delete(number)
      if (error === undefined) waiting?.resolve(result)
      else waiting?.reject(new Error(`${name}: ${error}`))
    })
    this.#child.on('exit', (status, signal) => {
      for (const { reject } of this.#waiting.values()) {
        reject(new Error(`${name} ended: ${signal ?? `exit status ${status}`}`))
      }
    })
  }

  /** Connects clients of these names over this system's broker and proxy. */
  static async start(
    name: string,
    system: TestSystem,
    options: {
      clients?: number
      channel: string
      env?: Readonly<Record<string, string>>
    },
  ): Promise<Load> {
    const load = new Load(name, options.env ?? {})
    const users = Array.from({ length: options.clients ?? 1 }, (_, index) => `${name}-${index + 1}`)
    const { brokerAddress: broker, proxyAddress: proxy, keysDir } = system
    try {
      const { channel } = options
      await load.ask('connect', { broker, proxy, users, channel, ...(keysDir !== undefined && { keysDir }) })
      return load
    } catch (error) {
      await load.stop()
      throw error
    }
  }

  get pid(): number {
    return this.#child.pid as number
  }

  ask<Name extends keyof Commands>(
    command: Name,
    given: Parameters<Commands[Name]>[0],
  ): ReturnType<Commands[Name]> {
    const number = this.#next++
    const asked = new Promise((resolve, reject) => {
      this.#waiting.set(number, { resolve, reject })
      this.#child.send({ number, command, given })
    })
    return asked as ReturnType<Commands[Name]>
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    this.#child.kill()
    await once(this.#child, 'exit')
  }
}
