import { drawSchedule, type FaultName, type Profile } from './schedule/index.ts'
import { Stage } from './stage.ts'
import { type Trace, traceTo } from './trace.ts'

export interface Outcome {
  readonly seed: number
  readonly findings: readonly string[]
  /** Virtual ms from beginning to end. */
  readonly virtualMs: number
  readonly operations: number
  readonly acknowledged: number
  /** The kinds of faults that came to pass. */
  readonly struck: ReadonlySet<FaultName>
}

/** Virtual ms until all servers of a new system are ready, at most: some begin slowly, and faults may meet them so. */
const BEGIN_MS = 3000

export interface RunOptions {
  readonly trace?: Trace | undefined
  /** The kinds of faults that are drawn; all unless given. */
  readonly only?: readonly FaultName[] | undefined
  /** What is other than the seed draws it. */
  readonly but?: Partial<Profile> | undefined
}

/** Runs the one schedule that a seed stands for, from its beginning to its end. */
export async function runSchedule(seed: number, { trace, only, but }: RunOptions = {}): Promise<Outcome> {
  const schedule = drawSchedule(seed, only, but)
  const { profile } = schedule
  const stage = new Stage(seed, profile)
  const { cluster } = stage
  const { world, witness, network } = cluster
  const struck = new Set<FaultName>()
  if (trace !== undefined) traceTo(trace, schedule, stage)
  network.faults.delayMs = profile.delayMs
  try {
    cluster.servers.forEach(({ disk }, index) => {
      disk.commitMs = profile.commitMs[index] as number
    })
    stage.start()
    await stage.until(() => cluster.servers.every(({ ready }) => ready), BEGIN_MS)
    const began = world.now
    for (const { fault, at, text, who, can, run } of schedule.steps(stage)) {
      await world.advance(began + at - world.now)
      stage.dismiss()
      const possible = (who === undefined || stage.has(who)) && (can?.(stage) ?? true)
      witness.tell('', possible ? text : `(not now: ${text})`)
      if (!possible) continue
      struck.add(fault)
      run(stage)
    }
    await world.advance(began + profile.lengthMs - world.now)
    await stage.settle()
  } catch (error) {
    witness.find(`It broke: ${error instanceof Error ? error.stack : String(error)}`)
  }
  return {
    seed,
    findings: witness.findings,
    virtualMs: world.now,
    operations: witness.operations.size,
    acknowledged: [...witness.wishes.values()].filter(({ acknowledgedAt }) => acknowledgedAt !== undefined)
      .length,
    struck,
  }
}
