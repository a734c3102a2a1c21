import { type HeapProfiler, Session } from 'node:inspector/promises'
import { table } from '../support/table.ts'

const SAMPLE_BYTES = 8192

/** A part of the system without what it speaks to, whose cost is wanted. */
export interface Part {
  /** What is counted, in the singular. */
  readonly what: string
  /** How many of them one run has. */
  readonly count: number
  /** Makes one run ready, which costs nothing; what is returned does it. */
  readonly prepare: () => () => Promise<void>
}

/** Measures as often as it is told, and prints the least: what else runs on a machine only ever adds. */
export async function printCost(part: Part, runs: number, rows: number): Promise<void> {
  const times: number[] = []
  for (let run = 0; run < runs; run++) times.push(await timeOf(part))
  const allocations = await allocationsOf(part)
  const bytes = [...allocations.values()].reduce((sum, each) => sum + each, 0)
  const least = `${Math.min(...times).toFixed(2)} µs, ${bytes.toFixed(0)} bytes for a ${part.what}`
  process.stdout.write(`${least} (µs in each run: ${times.map((us) => us.toFixed(2)).join(' ')})\n`)
  if (rows === 0) return
  const top = [...allocations].toSorted(([, a], [, b]) => b - a).slice(0, rows)
  const shown = top.map(([name, each]) => [name, each.toFixed(0)])
  process.stdout.write(`${table(['function', 'bytes'], shown)}\n`)
}

/** µs of processor time for one, all of the process's threads together. */
async function timeOf(part: Part): Promise<number> {
  const run = part.prepare()
  const before = process.cpuUsage()
  await run()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / part.count
}

/** Bytes of the heap that one takes, by function, as samples tell. */
async function allocationsOf(part: Part): Promise<ReadonlyMap<string, number>> {
  const run = part.prepare()
  const inspector = new Session()
  inspector.connect()
  await inspector.post('HeapProfiler.startSampling', {
    samplingInterval: SAMPLE_BYTES,
    includeObjectsCollectedByMajorGC: true,
    includeObjectsCollectedByMinorGC: true,
  })
  await run()
  const { profile } = await inspector.post('HeapProfiler.stopSampling')
  inspector.disconnect()
  const bytes = new Map<string, number>()
  add(profile.head, bytes, part.count)
  return bytes
}

function add(node: HeapProfiler.SamplingHeapProfileNode, bytes: Map<string, number>, count: number): void {
  const { functionName, url, lineNumber } = node.callFrame
  const name = `${functionName || '(anonymous)'} ${url.replace(/^.*\/(?=src\/|test\/|node_modules\/)/, '')}:${lineNumber + 1}`
  bytes.set(name, (bytes.get(name) ?? 0) + node.selfSize / count)
  for (const child of node.children) add(child, bytes, count)
}
