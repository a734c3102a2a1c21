import { type ChildProcess, spawn } from 'node:child_process'
import { extname } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { COMPILE_CACHE, ROLE_ENVIRONMENT, ROLE_OPTIONS } from './node-options.ts'
import type { ProcessPlan } from './plan.ts'

const MAIN = fileURLToPath(new URL(`../../main${extname(import.meta.url)}`, import.meta.url))

const BACKOFF_MS_MIN = 200
const BACKOFF_MS_MAX = 10_000
/** Who lived so long has recovered: the next restart is quick again. */
const HEALTHY_MS = 10_000

const NODE_OPTIONS = ['--enable-source-maps', '--disable-warning=ExperimentalWarning', ...ROLE_OPTIONS]

export interface ChildEvents {
  /** A line that the process wrote, to standard output or error. */
  line(name: string, line: string): void
  started(name: string, pid: number): void
  /** It ended by itself, and is started again after `restartMs`, or not (undefined). */
  died(name: string, how: string, status: number | null, restartMs: number | undefined): void
}

/** One process of the system, started again when it dies if that is wanted. */
export class Child {
  readonly plan: ProcessPlan
  readonly #events: ChildEvents
  readonly #restarts: boolean
  #process: ChildProcess | undefined
  #exited: Promise<void> = Promise.resolve()
  #timer: NodeJS.Timeout | undefined
  #backoffMs = BACKOFF_MS_MIN
  #wanted = false

  constructor(plan: ProcessPlan, options: { events: ChildEvents; restarts: boolean }) {
    this.plan = plan
    this.#events = options.events
    this.#restarts = options.restarts
  }

  get name(): string {
    return this.plan.name
  }

  /** Undefined while it does not run. */
  get pid(): number | undefined {
    return this.#process?.pid
  }

  /** Settles when the process that runs now has ended. */
  get exited(): Promise<void> {
    return this.#exited
  }

  start(): void {
    this.#wanted = true
    clearTimeout(this.#timer)
    if (this.#process !== undefined) return
    const began = performance.now()
    const own = [process.execPath, ...NODE_OPTIONS, MAIN]
    const [command, ...args] = [...this.plan.within, ...own]
    // The channel closes when this process ends, however that comes: the child then ends too.
    const child = spawn(command as string, args, {
      env: { ...COMPILE_CACHE, ...ROLE_ENVIRONMENT, ...process.env, ...this.plan.environment },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // A group of its own: Ctrl-C in the terminal reaches the launcher alone, which stops all in order.
      detached: true,
    })
    this.#process = child
    for (const stream of [child.stdout, child.stderr]) {
      if (stream !== null)
        createInterface({ input: stream }).on('line', (line) => this.#events.line(this.name, line))
    }
    this.#exited = new Promise((resolve) => {
      const ended = (how: string, status: number | null): void => {
        if (this.#process !== child) return
        this.#process = undefined
        resolve()
        this.#ended(how, status, performance.now() - began)
      }
      child.once('error', (error) => ended(error.message, null))
      child.once('exit', (status, signal) => ended(signal ?? `exit status ${status}`, status))
    })
    if (child.pid !== undefined) this.#events.started(this.name, child.pid)
  }

  /** Sends a signal to the process; false when it does not run. */
  signal(signal: NodeJS.Signals): boolean {
    return this.#process?.kill(signal) ?? false
  }

  /** Asks the process to end and does not start it again. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    this.#wanted = false
    clearTimeout(this.#timer)
    this.signal(signal)
    await this.#exited
  }

  #ended(how: string, status: number | null, aliveMs: number): void {
    if (!this.#wanted) return
    if (!this.#restarts) {
      this.#events.died(this.name, how, status, undefined)
      return
    }
    if (aliveMs >= HEALTHY_MS) this.#backoffMs = BACKOFF_MS_MIN
    const waitMs = this.#backoffMs
    this.#backoffMs = Math.min(BACKOFF_MS_MAX, waitMs * 2)
    this.#timer = setTimeout(() => this.start(), waitMs)
    this.#events.died(this.name, how, status, waitMs)
  }
}
