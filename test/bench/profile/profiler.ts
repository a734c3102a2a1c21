import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { type Profile, selfTimes } from './self-times.ts'

const PRELOAD = pathToFileURL(join(import.meta.dirname, 'preload.ts')).href
const WRITTEN_MS = 20_000
const POLL_MS = 50
const ROWS = 25

/** Profiles of the main threads of processes by their names (`server` for all servers), one for each row that is measured. */
export class Profiler {
  readonly #folder: string
  readonly #names: readonly string[]
  readonly #tell: (text: string) => void
  #measured = 0

  constructor(folder: string, names: readonly string[], tell: (text: string) => void) {
    this.#folder = folder
    this.#names = names
    this.#tell = tell
    mkdirSync(folder, { recursive: true })
  }

  /** What a process of this name needs in its environment to be profiled. */
  readonly env = (name: string): Readonly<Record<string, string>> =>
    this.#isWanted(name)
      ? {
          NODE_OPTIONS: `${process.env['NODE_OPTIONS'] ?? ''} --import=${PRELOAD}`,
          BENCH_PROFILE: this.#written(name),
        }
      : {}

  /** Profiles while this work is done, and tells where each process's time went. */
  readonly around = async (
    pids: Readonly<Record<string, number>>,
    work: () => Promise<void>,
  ): Promise<void> => {
    const profiled = Object.entries(pids).filter(([name]) => this.#isWanted(name))
    for (const [name, pid] of profiled) {
      rmSync(this.#written(name), { force: true })
      process.kill(pid, 'SIGUSR2')
    }
    await work()
    for (const [, pid] of profiled) process.kill(pid, 'SIGUSR2')
    this.#measured += 1
    for (const [name] of profiled) {
      await waitFor(this.#written(name))
      const path = join(this.#folder, `${this.#measured}-${name}.cpuprofile`)
      renameSync(this.#written(name), path)
      const profile = JSON.parse(readFileSync(path, 'utf8')) as Profile
      this.#tell(`\n${name}: ${path}\n\n${selfTimes(profile, ROWS)}\n`)
    }
  }

  #written(name: string): string {
    return join(this.#folder, name)
  }

  #isWanted(name: string): boolean {
    return this.#names.some((wanted) => name === wanted || name.startsWith(`${wanted}-`))
  }
}

async function waitFor(path: string): Promise<void> {
  for (const end = performance.now() + WRITTEN_MS; performance.now() < end; await delay(POLL_MS)) {
    if (existsSync(path)) return
  }
  throw new Error(`No profile at ${path} after ${WRITTEN_MS} ms`)
}
