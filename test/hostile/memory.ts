import { readFileSync } from 'node:fs'
import type { TestSystem } from '../support/system.ts'

const INTERVAL_MS = 100

/** Watches the anonymous memory of every process of a system. */
export class Memory {
  readonly #system: TestSystem
  readonly #most = new Map<string, number>()
  readonly #timer: NodeJS.Timeout

  constructor(system: TestSystem) {
    this.#system = system
    this.#timer = setInterval(() => this.#look(), INTERVAL_MS)
    this.#look()
  }

  /** The most that each process had since the last call, in MiB, by its name. */
  take(): ReadonlyMap<string, number> {
    this.#look()
    const most = new Map(this.#most)
    this.#most.clear()
    return most
  }

  close(): void {
    clearInterval(this.#timer)
  }

  #look(): void {
    for (const { name, pid } of this.#system.processes) {
      if (pid !== undefined) this.#most.set(name, Math.max(this.#most.get(name) ?? 0, anonymousMiB(pid)))
    }
  }
}

/** Memory of its own that a process has now, in MiB; what files lend it (libraries, the store's map) is not counted. */
export function anonymousMiB(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    return Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1024
  } catch {
    return 0
  }
}
