import { runSchedule } from './run.ts'
import type { Chunk, Part } from './seeds.ts'

/** Runs the seeds that its parent names, and answers with what came of them. */
process.on('message', (chunk: Chunk) => {
  run(chunk).then(
    (part) => process.send?.(part),
    (error: unknown) => {
      process.stderr.write(`${String(error)}\n`)
      process.exit(1)
    },
  )
})

async function run({ from, seeds, only }: Chunk): Promise<Part> {
  const before = process.cpuUsage()
  const found: { seed: number; findings: readonly string[] }[] = []
  const sums = { virtualMs: 0, operations: 0, acknowledged: 0 }
  for (let seed = from; seed < from + seeds; seed++) {
    const { findings, virtualMs, operations, acknowledged } = await runSchedule(seed, { only })
    if (findings.length > 0) found.push({ seed, findings })
    sums.virtualMs += virtualMs
    sums.operations += operations
    sums.acknowledged += acknowledged
  }
  const { user, system } = process.cpuUsage(before)
  return { seeds, found, processorMs: (user + system) / 1000, ...sums }
}
