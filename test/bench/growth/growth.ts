import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { startSystem, type TestSystem } from '../../support/system.ts'
import { Load } from '../own/load.ts'
import { anonymousMemory } from '../processors.ts'
import { type Spread, spreadOf } from '../statistics.ts'
import { bytesOf, makeFolders, type Shape } from './folders.ts'
import type { GrowthResult, Memory, ShapeResult, SnapshotResult } from './results.ts'

const FEW = 10_000
const WINDOW = 1000
/** Node compiles what runs often only after many calls: first so many messages a second, few beside those that are stored. */
const PACED = { perSecond: 1000, ms: 6000 }
const WARM_UP_MS = 3000
/** Before memory is read: what the start left behind may be collected. */
const REST_MS = 2000
const POLL_MS = 20
const READY_MS = 120_000
const BEFORE_MS = 5000

/** How operations came to be stored, by how many are in a batch. */
export const SHAPES: readonly Shape[] = [
  { what: 'accepted at full speed, 100 in a batch', batch: 100 },
  { what: 'accepted one by one, each a batch', batch: 1 },
]

export interface GrowthOptions {
  readonly operations: number
  readonly shapes: readonly Shape[]
  readonly runs: number
  readonly ms: number
  /** Where the folders with the operations are made and stay for the next time; a temporary folder unless given. */
  readonly folders?: string
  readonly tell: (progress: string) => void
}

/** How a system does with many operations stored: starts, memory, speed, and a server that takes all of them. */
export async function benchGrowth(options: GrowthOptions): Promise<GrowthResult> {
  const folders = options.folders ?? mkdtempSync(join(tmpdir(), 'recado-bench-growth-'))
  try {
    const shapes: ShapeResult[] = []
    for (const shape of options.shapes) shapes.push(await benchShape(options, folders, shape))
    return { shapes }
  } finally {
    if (options.folders === undefined) rmSync(folders, { recursive: true, force: true })
  }
}

async function benchShape(options: GrowthOptions, folders: string, shape: Shape): Promise<ShapeResult> {
  const { operations, runs, tell } = options
  const made = async (count: number): Promise<string> => {
    const folder = join(folders, `${count}-${shape.batch}`)
    tell(`${count} operations ${shape.what}: making the folders`)
    await makeFolders(folder, count, shape)
    return folder
  }
  const [many, few] = [await made(operations), await made(FEW)]
  const withMany: Run[] = []
  const withFew: Run[] = []
  const taken: Taken[] = []
  for (let run = 1; run <= runs; run++) {
    tell(`run ${run} of ${runs}: ${FEW} and ${operations} operations ${shape.what}`)
    // One after the other, so that a machine that changes changes both.
    withFew.push(await measure(few, options.ms))
    withMany.push(await measure(many, options.ms))
    tell(`run ${run} of ${runs}: a server takes all ${operations} operations ${shape.what}`)
    taken.push(await measureSnapshot(many))
  }
  return {
    what: shape.what,
    operations,
    size: bytesOf(join(many, 'server-1')) / 2 ** 20,
    ready: spreadOf(withMany.flatMap(({ ready }) => ready)),
    restarted: spreadOf(withMany.flatMap(({ restarted }) => restarted)),
    memoryReady: spreadOf(withMany.flatMap(({ memoryReady }) => Object.values(memoryReady))),
    memoryLoaded: spreadOf(withMany.flatMap(({ memoryLoaded }) => Object.values(memoryLoaded))),
    perSecond: spreadOf(withMany.map(({ perSecond }) => perSecond)),
    few: FEW,
    readyFew: spreadOf(withFew.flatMap(({ ready }) => ready)),
    perSecondFew: spreadOf(withFew.map(({ perSecond }) => perSecond)),
    snapshot: snapshotOf(taken),
  }
}

interface Run {
  readonly ready: readonly number[]
  readonly restarted: readonly number[]
  readonly memoryReady: Memory
  readonly memoryLoaded: Memory
  readonly perSecond: number
}

function measure(folder: string, ms: number): Promise<Run> {
  return onCopy(folder, async (system, began) => {
    const ready = await Promise.all(
      serversOf(system).map(async (name) => (await readyAt(system, name)) - began),
    )
    await system.ready()
    await delay(REST_MS)
    const restarted: number[] = []
    for (const name of serversOf(system)) restarted.push(await restart(system, name))
    await system.ready()
    await delay(REST_MS)
    const memoryReady = memoryOf(system)
    const load = await Load.start('publisher', system, { channel: 'bench' })
    try {
      await load.ask('pace', PACED)
      await load.ask('publish', { window: WINDOW, ms: WARM_UP_MS })
      const { acknowledged, tookMs } = await load.ask('publish', { window: WINDOW, ms })
      const perSecond = (acknowledged / tookMs) * 1000
      return { ready, restarted, memoryReady, memoryLoaded: memoryOf(system), perSecond }
    } finally {
      await load.stop()
    }
  })
}

/** One run of what `SnapshotResult` is over several. */
interface Taken {
  readonly tookMs: number
  readonly before: number
  readonly during: number
  readonly after: number
  readonly memory: Memory
}

function snapshotOf(taken: readonly Taken[]): SnapshotResult {
  const spread = (of: (run: Taken) => number): Spread => spreadOf(taken.map(of))
  const names = Object.keys(taken[0]?.memory ?? {})
  return {
    tookMs: spread(({ tookMs }) => tookMs),
    perSecondBefore: spread(({ before }) => before),
    perSecondDuring: spread(({ during }) => during),
    perSecondAfter: spread(({ after }) => after),
    kept: spread(({ during, before }) => during / before),
    memory: Object.fromEntries(names.map((name) => [name, spread(({ memory }) => memory[name] ?? 0).max])),
  }
}

/** One server stops, loses its folder and comes back, while the others are loaded at full speed. */
function measureSnapshot(folder: string): Promise<Taken> {
  return onCopy(folder, async (system) => {
    await system.ready()
    const emptied = system.process('server-3')
    const load = await Load.start('publisher', system, { channel: 'bench' })
    try {
      await emptied.kill('SIGTERM')
      rmSync(join(system.folder, emptied.name), { recursive: true })
      const loading = load.ask('publish', { window: WINDOW, ms: WARM_UP_MS + 2 * BEFORE_MS + READY_MS })
      // What ends early is told where it is waited for.
      loading.catch(() => {})
      const perSecond = async (work: Promise<unknown>): Promise<number> => {
        const [before, began] = [await load.ask('acknowledged', {}), performance.now()]
        await work
        return (((await load.ask('acknowledged', {})) - before) / (performance.now() - began)) * 1000
      }
      await delay(WARM_UP_MS)
      const before = await perSecond(delay(BEFORE_MS))
      const began = performance.now()
      emptied.start()
      const ready = readyAt(system, emptied.name)
      const during = await perSecond(ready)
      const tookMs = (await ready) - began
      const memoryThen = memoryOf(system)
      const after = await perSecond(delay(BEFORE_MS))
      // What it took becomes final, and stands in the files, only now.
      return { tookMs, before, during, after, memory: mostOf(memoryThen, memoryOf(system)) }
    } finally {
      await load.stop()
    }
  })
}

/** Runs with a system on a copy of these folders; `began` is when its processes were started. */
async function onCopy<Result>(
  folder: string,
  work: (system: TestSystem, began: number) => Promise<Result>,
): Promise<Result> {
  const copy = mkdtempSync(join(tmpdir(), 'recado-bench-grown-'))
  try {
    cpSync(folder, copy, { recursive: true })
    // Else the disk is busy with the copy when the system wants to flush.
    execFileSync('sync', ['-f', copy])
    const began = performance.now()
    const system = await startSystem({ servers: 3, folder: copy, env: { LOG_LEVEL: 'warn' } })
    try {
      return await work(system, began)
    } finally {
      await system.stop()
    }
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}

function serversOf(system: TestSystem): string[] {
  return system.processes.map(({ name }) => name).filter((name) => name.startsWith('server-'))
}

/** Stops a server in order and starts it again; how long it takes from the start until it is ready, in ms. */
async function restart(system: TestSystem, name: string): Promise<number> {
  const server = system.process(name)
  await server.kill('SIGTERM')
  const began = performance.now()
  server.start()
  return (await readyAt(system, name)) - began
}

/** When a server says that it is ready. */
async function readyAt(system: TestSystem, name: string): Promise<number> {
  for (const end = performance.now() + READY_MS; performance.now() < end; await delay(POLL_MS)) {
    const answer = await system.http(name, '/readyz').catch(() => undefined)
    if (answer?.status === 200) return performance.now()
  }
  throw new Error(`${name} is not ready after ${READY_MS} ms:\n${system.log(name)}`)
}

function memoryOf(system: TestSystem): Memory {
  return Object.fromEntries(
    serversOf(system).map((name) => [name, anonymousMemory(system.process(name).pid as number)]),
  )
}

function mostOf(one: Memory, other: Memory): Memory {
  return Object.fromEntries(Object.entries(one).map(([name, mib]) => [name, Math.max(mib, other[name] ?? 0)]))
}
