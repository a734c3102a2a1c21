import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import { crc32 } from 'node:zlib'
import { complete, heldBy, Load, told, until } from '../support/load.ts'
import { Recorder, type Tally } from '../support/recorder.ts'
import { seededChance } from '../support/virtual-time.ts'
import type { Conditions, Scenario, Step } from './scenario.ts'
import { Stage } from './stage.ts'
import { Whole } from './whole.ts'

/** What a scenario may take at most: the promises that docs/reliability.md speaks of. */
export const CONVERGED_MS = 10_000
export const ONE_SERVER_GAP_MS = 3000
/** Acknowledged before the first fault, and again after the last. */
const WARM_UP = 300
const AFTERWARDS = 300
/** The load goes on for so long after the last fault: recovering is harder under it. */
export const LOADED_MS = 3000
const PROGRESS_MS = 20_000
/** Longer than the promise, so that it is seen how far that is missed. */
export const WAITED_MS = 30_000

export interface Outcome {
  readonly name: string
  /** The steps, as they stand in the table. */
  readonly steps: string
  readonly acknowledged: number
  readonly unknown: number
  readonly lost: number
  readonly doubled: number
  /** From the last fault until the servers' files were equal and complete, the load going on for a while. */
  readonly convergedMs: number
  /** The longest time that one client was without an acknowledgement. */
  readonly gapMs: number
  /** Which promises were broken, in words; none when all were kept. */
  readonly broken: readonly string[]
}

/** Runs a scenario on processes of its own, and tells what they logged. What was broken is in the outcome. */
export async function runScenario(
  scenario: Scenario,
  conditions: Conditions,
  tell: (log: string, isBroken: boolean) => void,
): Promise<Outcome> {
  const stage = await Stage.build(scenario.setting ?? {}, conditions)
  const recorder = new Recorder()
  const load = new Load(stage.system, recorder)
  const run = new Run(scenario, conditions, stage, load, recorder)
  try {
    const outcome = await run.run()
    tell(stage.system.log(), outcome.broken.length > 0)
    return outcome
  } finally {
    await load.close()
    await stage.end()
  }
}

/** Each scenario draws for itself: those of one stream would be struck alike. */
function stepsOf({ name, steps }: Scenario, { seed }: Conditions): readonly Step[] {
  return typeof steps === 'function' ? steps(seededChance(crc32(name) ^ seed)) : steps
}

class Run {
  readonly #scenario: Scenario
  readonly #steps: readonly Step[]
  readonly #stage: Stage
  readonly #load: Load
  readonly #recorder: Recorder
  readonly #broken: string[] = []
  /** How late this process itself was, in ns: what it adds to a gap is no fault of the servers. */
  readonly #lag = monitorEventLoopDelay()

  constructor(scenario: Scenario, conditions: Conditions, stage: Stage, load: Load, recorder: Recorder) {
    this.#scenario = scenario
    this.#steps = stepsOf(scenario, conditions)
    this.#stage = stage
    this.#load = load
    this.#recorder = recorder
  }

  async run(): Promise<Outcome> {
    const { system } = this.#stage
    await this.#try('begins', async () => {
      await system.ready()
      await this.#load.start()
      await this.#load.more(WARM_UP, PROGRESS_MS)
    })
    this.#lag.enable()
    const lastFaultAt = await this.#strike()
    await this.#try('goes on', async () => {
      await this.#load.more(AFTERWARDS, PROGRESS_MS)
      await delay(Math.max(0, lastFaultAt + LOADED_MS - performance.now()))
    })
    // The writers finish what they are at, which is no gap unless it lasts: so it counts.
    await this.#load.stopWriting()
    const gapMs = this.#recorder.longestGap(performance.now())
    this.#lag.disable()
    await this.#try('converges', () => until(WAITED_MS, () => complete(system, this.#recorder)))
    const convergedMs = performance.now() - lastFaultAt
    await this.#try('tells the subscriber', () => until(WAITED_MS, () => told(system, this.#recorder)))
    const tally = this.#recorder.tally(heldBy(system) ?? [])
    this.#judge(tally, convergedMs, gapMs)
    await this.#whole()
    this.#judgeProcesses()
    const { name, summary } = this.#scenario
    return {
      name,
      steps: summary ?? this.#steps.map(({ says }) => says).join('; '),
      acknowledged: tally.acknowledged,
      unknown: tally.unknown,
      lost: tally.lost.length,
      doubled: tally.doubled.length,
      convergedMs,
      gapMs,
      broken: this.#broken,
    }
  }

  /** When the last fault came, or ended. */
  async #strike(): Promise<number> {
    let lastFaultAt = performance.now()
    for (const step of this.#steps) {
      await this.#try(`does "${step.says}"`, async () => step.do(this.#stage))
      if (step.isWait !== true) lastFaultAt = performance.now()
    }
    return lastFaultAt
  }

  async #try(what: string, action: () => Promise<void>): Promise<void> {
    try {
      await action()
    } catch (error) {
      this.#broken.push(`not so that it ${what}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }

  /** Waits until all is ready, and works: what is said for that stands in no tally. */
  async #whole(): Promise<void> {
    const { reader } = this.#load
    if (reader === undefined) return
    const whole = new Whole(this.#stage.system, reader)
    try {
      await until(WAITED_MS, () => whole.missing())
    } catch (error) {
      this.#broken.push(`is not ready again: ${error instanceof Error ? error.message : String(error)}`)
    } finally {
      await whole.close()
    }
  }

  /** What the processes did beside their work: whether one ended by itself, and whether damage was met. */
  #judgeProcesses(): void {
    const { system } = this.#stage
    const { mayEnd = [], notices = [] } = this.#scenario
    for (const { name, how } of system.deaths) {
      if (!mayEnd.includes(name)) this.#broken.push(`${name} ended by itself: ${how}`)
    }
    for (const { by, as } of notices) {
      if (!as.test(system.log(by)))
        this.#broken.push(`${by} did not meet the damage: it says nothing like ${as}`)
    }
  }

  #judge({ lost, doubled, invented, misplaced }: Tally, convergedMs: number, gapMs: number): void {
    const say = (what: string, texts: readonly string[]): void => {
      if (texts.length > 0) this.#broken.push(`${texts.length} ${what}: ${texts.slice(0, 5).join(', ')}`)
    }
    say('lost', lost)
    say('doubled', doubled)
    say('told in vain', invented)
    say('not in their sender’s order', misplaced)
    if (convergedMs > CONVERGED_MS) this.#broken.push(`converged after ${Math.round(convergedMs)} ms`)
    if (this.#scenario.oneServer === true && gapMs > ONE_SERVER_GAP_MS) {
      const own = Math.round(this.#lag.max / 1e6)
      this.#broken.push(
        `no service for ${Math.round(gapMs)} ms; the clients themselves stood still for ${own} ms`,
      )
    }
    const { failure } = this.#load
    if (failure !== undefined) this.#broken.push(`a client failed: ${failure.message}`)
  }
}
