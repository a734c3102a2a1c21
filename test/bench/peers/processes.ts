import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

const OUTPUT_MAX = 4000
const STOP_MS = 10_000
const LISTENS_MS = 60_000
const POLL_MS = 50

/** A process of a peer, ended by its pid. */
export class PeerProcess {
  readonly #child: ChildProcess
  readonly #name: string
  #output = ''

  constructor(command: string, args: readonly string[], options: SpawnOptions = {}) {
    this.#name = command
    this.#child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (text: Buffer) => {
        this.#output = `${this.#output}${text.toString()}`.slice(-OUTPUT_MAX)
      })
    }
    this.#child.on('error', (error) => {
      this.#output += error.message
    })
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** Waits until it takes connections at this port. */
  async listens(port: number): Promise<void> {
    for (const end = performance.now() + LISTENS_MS; performance.now() < end; await delay(POLL_MS)) {
      if (this.#child.exitCode !== null || this.#child.signalCode !== null || this.pid === 0) break
      if (await isOpen(port)) return
    }
    throw new Error(`${this.#name} does not listen at port ${port}:\n${this.#output}`)
  }

  /** By force when it does not end in time. */
  async stop(): Promise<void> {
    if (this.pid === 0 || this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = once(this.#child, 'exit')
    const force = setTimeout(() => this.#child.kill('SIGKILL'), STOP_MS)
    this.#child.kill('SIGTERM')
    await ended
    clearTimeout(force)
  }
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const end = (open: boolean): void => {
      socket.destroy()
      resolve(open)
    }
    socket.once('connect', () => end(true))
    socket.once('error', () => end(false))
  })
}
