import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { busiestOf } from '../processors.ts'
import type { RunningPeer } from './peer.ts'

const OUTPUT_MAX = 4000
const STOP_MS = 10_000
const LISTENS_MS = 60_000
const POLL_MS = 50

export interface ProcessPlan {
  readonly command: readonly [name: string, ...args: string[]]
  /** Where it takes connections once it is ready, if anywhere. */
  readonly port?: number
  readonly env?: NodeJS.ProcessEnv
}

/** Starts a peer's processes one after the other, each once the one before takes connections. */
export async function startAll({
  processes,
  load,
}: {
  processes: Readonly<Record<string, ProcessPlan>>
  load: RunningPeer['load']
}): Promise<RunningPeer> {
  const running: [name: string, process: PeerProcess][] = []
  const stop = async (): Promise<void> => {
    for (const [, process] of running.toReversed()) await process.stop()
  }
  try {
    for (const [name, plan] of Object.entries(processes)) {
      const process = new PeerProcess(plan)
      running.push([name, process])
      await process.listens(plan.port)
    }
  } catch (error) {
    await stop()
    throw error
  }
  return { pids: Object.fromEntries(running.map(([name, { pid }]) => [name, pid])), load, stop }
}

/** A process of a peer in a group of its own, which ends as a whole: some start others and wait for them. */
class PeerProcess {
  readonly #child: ChildProcess
  readonly #name: string
  #output = ''

  constructor({ command: [name, ...args], env = process.env }: ProcessPlan) {
    this.#name = name
    this.#child = spawn(name, args, { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (text: Buffer) => {
        this.#output = `${this.#output}${text.toString()}`.slice(-OUTPUT_MAX)
      })
    }
    this.#child.on('error', (error) => {
      this.#output += error.message
    })
  }

  /** That of the process that works, when the one that was started only waits for it. */
  get pid(): number {
    return busiestOf(this.#child.pid as number)
  }

  /** Waits until it takes connections at this port. */
  async listens(port: number | undefined): Promise<void> {
    for (const end = performance.now() + LISTENS_MS; performance.now() < end; await delay(POLL_MS)) {
      if (this.#hasEnded) break
      if (port === undefined || (await isOpen(port))) return
    }
    throw new Error(`${this.#name} does not listen at port ${port}:\n${this.#output}`)
  }

  /** By force when it does not end in time. */
  async stop(): Promise<void> {
    if (this.#hasEnded) return
    const group = -(this.#child.pid as number)
    const ended = once(this.#child, 'exit')
    const force = setTimeout(() => process.kill(group, 'SIGKILL'), STOP_MS)
    process.kill(group, 'SIGTERM')
    await ended
    clearTimeout(force)
  }

  get #hasEnded(): boolean {
    const { pid, exitCode, signalCode } = this.#child
    return pid === undefined || exitCode !== null || signalCode !== null
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
