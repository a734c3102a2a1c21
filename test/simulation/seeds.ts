import { fork } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { FaultName } from './schedule/index.ts'

/** What came of some seeds. */
export interface Summary {
  readonly seeds: number
  readonly found: readonly { readonly seed: number; readonly findings: readonly string[] }[]
  /** Processor time of all, in ms. */
  readonly processorMs: number
  readonly wallMs: number
  readonly virtualMs: number
  readonly operations: number
  readonly acknowledged: number
}

/** Seeds that a worker runs before it asks for more. */
const CHUNK = 50
const WORKER = fileURLToPath(new URL('worker.ts', import.meta.url))
/** Schedules make much that is gone when they end: a large nursery has a tenth more of them done in a second. */
const NURSERY = ['--max-semi-space-size=64', '--min-semi-space-size=32']
const PROGRESS_MS = 60_000

/** What a worker is asked to run. */
export interface Chunk {
  readonly from: number
  readonly seeds: number
  readonly only?: readonly FaultName[] | undefined
}

/** What a worker answers. */
export type Part = Omit<Summary, 'wallMs'>

/** Runs seeds in as many processes as there are processors, unless `jobs` says otherwise. */
export async function runSeeds(options: {
  readonly from: number
  readonly seeds: number
  readonly jobs?: number | undefined
  readonly only?: readonly FaultName[] | undefined
  readonly progress?: (line: string) => void
}): Promise<Summary> {
  const { from, seeds, jobs = availableParallelism(), only, progress } = options
  const began = performance.now()
  let next = from
  const end = from + seeds
  const parts: Part[] = []
  const take = (): Chunk | undefined => {
    if (next >= end) return undefined
    const chunk = { from: next, seeds: Math.min(CHUNK, end - next), only }
    next += chunk.seeds
    return chunk
  }
  const add = (part: Part): void => {
    parts.push(part)
    for (const { seed, findings } of part.found)
      for (const finding of findings) progress?.(`seed ${seed}: ${finding}`)
  }
  const timer = setInterval(() => {
    const { found, seeds: done } = sum(parts)
    progress?.(`${done} of ${seeds} schedules, ${found.length} with findings`)
  }, PROGRESS_MS)
  try {
    await Promise.all(Array.from({ length: Math.min(jobs, seeds) }, () => work(take, add)))
  } finally {
    clearInterval(timer)
  }
  return { ...sum(parts), wallMs: performance.now() - began }
}

function work(take: () => Chunk | undefined, done: (part: Part) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = fork(WORKER, { execArgv: [...process.execArgv, ...NURSERY] })
    let ended = false
    const ask = (): void => {
      const chunk = take()
      if (chunk !== undefined) worker.send(chunk)
      else {
        ended = true
        worker.disconnect()
      }
    }
    worker.on('message', (part: Part) => {
      done(part)
      ask()
    })
    worker.on('exit', (code) => (ended ? resolve() : reject(new Error(`A worker ended with status ${code}`))))
    worker.on('error', reject)
    ask()
  })
}

function sum(parts: readonly Part[]): Part {
  const total = (each: (part: Part) => number): number => parts.reduce((all, part) => all + each(part), 0)
  return {
    seeds: total(({ seeds }) => seeds),
    found: parts.flatMap(({ found }) => found).toSorted((a, b) => a.seed - b.seed),
    processorMs: total(({ processorMs }) => processorMs),
    virtualMs: total(({ virtualMs }) => virtualMs),
    operations: total(({ operations }) => operations),
    acknowledged: total(({ acknowledged }) => acknowledged),
  }
}
