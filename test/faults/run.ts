import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import { parseLine } from '../../src/wire/index.ts'
import { until } from '../support/load.ts'
import { Clients } from './clients.ts'
import { readableFiles } from './disk.ts'
import { type Held, Recorder, type Tally } from './recorder.ts'
import type { Scenario } from './scenario.ts'
import { Stage } from './stage.ts'

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
const WAITED_MS = 30_000
const SERVERS = ['server-1', 'server-2', 'server-3']

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
  seed: number,
  tell: (log: string, isBroken: boolean) => void,
): Promise<Outcome> {
  const stage = await Stage.build(scenario.setting ?? {}, seed)
  const recorder = new Recorder()
  const clients = new Clients(stage.system, recorder)
  const run = new Run(scenario, stage, clients, recorder)
  try {
    const outcome = await run.run()
    tell(stage.system.log(), outcome.broken.length > 0)
    return outcome
  } finally {
    await clients.close()
    await stage.end()
  }
}

class Run {
  readonly #scenario: Scenario
  readonly #stage: Stage
  readonly #clients: Clients
  readonly #recorder: Recorder
  readonly #broken: string[] = []
  /** How late this process itself was, in ns: what it adds to a gap is no fault of the servers. */
  readonly #lag = monitorEventLoopDelay()

  constructor(scenario: Scenario, stage: Stage, clients: Clients, recorder: Recorder) {
    this.#scenario = scenario
    this.#stage = stage
    this.#clients = clients
    this.#recorder = recorder
  }

  async run(): Promise<Outcome> {
    await this.#try('begins', async () => {
      await this.#stage.system.ready()
      await this.#clients.start()
      await this.#clients.more(WARM_UP, PROGRESS_MS)
    })
    this.#lag.enable()
    const lastFaultAt = await this.#steps()
    await this.#try('goes on', async () => {
      await this.#clients.more(AFTERWARDS, PROGRESS_MS)
      await delay(Math.max(0, lastFaultAt + LOADED_MS - performance.now()))
    })
    // The writers finish what they are at, which is no gap unless it lasts: so it counts.
    await this.#clients.stopWriting()
    const gapMs = this.#recorder.longestGap(performance.now())
    this.#lag.disable()
    await this.#try('converges', () => until(WAITED_MS, () => this.#apart()))
    const convergedMs = performance.now() - lastFaultAt
    await this.#try('tells the subscriber', () => until(WAITED_MS, () => this.#untold()))
    const tally = this.#recorder.tally(this.#held())
    this.#judge(tally, convergedMs, gapMs)
    const { name, steps, summary } = this.#scenario
    return {
      name,
      steps: summary ?? steps.map(({ says }) => says).join('; '),
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
  async #steps(): Promise<number> {
    let lastFaultAt = performance.now()
    for (const step of this.#scenario.steps) {
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
    const { failure } = this.#clients
    if (failure !== undefined) this.#broken.push(`a client failed: ${failure.message}`)
  }

  /** What the servers' files lack to be the same and complete; true when nothing. */
  #apart(): true | string {
    const [first = [], ...others] = SERVERS.map((name) =>
      readableFiles(join(this.#stage.system.folder, name)),
    )
    if (others.some((files) => files.some((bytes, index) => !bytes.equals(first[index] as Buffer)))) {
      return 'the files differ'
    }
    const missing = this.#recorder.missingIn(new Set(this.#held().map(({ text }) => text)))
    return (
      missing.length === 0 || `${missing.length} are missing in the files: ${missing.slice(0, 5).join(', ')}`
    )
  }

  /** Whether the subscriber has all that is in the files. */
  #untold(): true | string {
    const held = this.#held().length
    return this.#recorder.received >= held || `${this.#recorder.received} of ${held} were told`
  }

  /** What the first server's files hold. */
  #held(): Held[] {
    const lines = readableFiles(join(this.#stage.system.folder, 'server-1'))
      .slice(0, 2)
      .flatMap((bytes) => bytes.toString().split('\n'))
    return lines.flatMap((line) => {
      if (line === '') return []
      const { kind, message } = parseLine(line)
      return [
        { text: String(message), kind: kind === 'publish' ? ('publication' as const) : ('message' as const) },
      ]
    })
  }
}
