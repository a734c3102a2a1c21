import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Load, saidBy, until } from '../support/load.ts'
import { Recorder, type Tally } from '../support/recorder.ts'
import type { Findings, World } from './scenario.ts'
import type { Stage } from './support/stage.ts'

/** Between an answer and a worker's next operation: 40 workers, so 400 operations a second at most. */
const PAUSE_MS = 100
const WARM_UP = 200
const AFTERWARDS = 200
const PROGRESS_MS = 60_000
const CONVERGED_MS = 60_000

export interface UnderLoad {
  readonly spec?: object
  /** The longest that a client may be without an acknowledgement, in ms. */
  readonly gapMaxMs?: number
  /** Whether containers may be started again: a node that ends takes them along. */
  readonly restarts?: boolean
  /** What is done; the load runs before, meanwhile and after. What it returns stands in the table. */
  readonly steps: (stage: Stage, broken: string[]) => Promise<readonly string[] | void>
}

/**
 * A cluster of its own under the load of four clients at `quorum`: at the end nothing that was acknowledged is missing,
 * nothing is there twice, and the servers' files are the same bytes.
 */
export async function underLoad(world: World, options: UnderLoad): Promise<Findings> {
  const stage = await world.stage(options.spec ?? {})
  await stage.ready()
  const recorder = new Recorder()
  const load = new Load(await stage.entrance(), recorder, PAUSE_MS)
  const broken: string[] = []
  const attempt = async (what: string, action: () => Promise<void>): Promise<void> => {
    try {
      world.tell(what)
      await action()
    } catch (error) {
      broken.push(`${what}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  const lag = monitorEventLoopDelay()
  let seen: readonly string[] = []
  let lastAt = 0
  let gapMs = 0
  try {
    await attempt('the load begins', async () => {
      await load.start()
      await load.more(WARM_UP, PROGRESS_MS)
    })
    lag.enable()
    await attempt('the steps', async () => {
      seen = (await options.steps(stage, broken)) ?? []
    })
    lastAt = performance.now()
    await attempt('the load goes on', () => load.more(AFTERWARDS, PROGRESS_MS))
    await load.stopWriting()
    gapMs = recorder.longestGap(performance.now())
    lag.disable()
    const pods = await stage.serverNames()
    await attempt('the files become the same and complete', () =>
      until(CONVERGED_MS, () => complete(stage, pods, recorder)),
    )
    const convergedMs = performance.now() - lastAt
    const [first = ''] = pods
    const held = saidBy(await stage.files.lines(first))
    await attempt('the subscriber is told all', () =>
      until(
        CONVERGED_MS,
        () => recorder.received >= held.length || `${recorder.received} of ${held.length} told`,
      ),
    )
    if (pods.length > 1) await attempt('recado verify', async () => void (await stage.files.verify(pods)))
    const tally = recorder.tally(held)
    broken.push(...judge(tally))
    if (load.failure !== undefined) broken.push(`a client failed: ${load.failure.message}`)
    if (gapMs > (options.gapMaxMs ?? Number.POSITIVE_INFINITY)) {
      const own = Math.round(lag.max / 1e6)
      broken.push(`no service for ${Math.round(gapMs)} ms; the clients themselves stood still for ${own} ms`)
    }
    if (options.restarts !== true) broken.push(...(await stage.restarts()))
    if (broken.length > 0) world.tell(await stage.story())
    const { acknowledged, unknown, lost, doubled } = tally
    return {
      load: { acknowledged, unknown, lost: lost.length, doubled: doubled.length, convergedMs, gapMs },
      seen,
      broken,
    }
  } catch (error) {
    world.tell(await stage.story().catch(String))
    throw error
  } finally {
    await load.close()
  }
}

/** What the servers' files lack to be the same and to hold all that was acknowledged; true when nothing. */
async function complete(stage: Stage, pods: readonly string[], recorder: Recorder): Promise<true | string> {
  if (!(await stage.files.equal(pods))) return 'the files differ'
  const [first = ''] = pods
  const held = saidBy(await stage.files.lines(first))
  const missing = recorder.missingIn(new Set(held.map(({ text }) => text)))
  return missing.length === 0 || `${missing.length} are missing: ${missing.slice(0, 5).join(', ')}`
}

function judge({ lost, doubled, invented, misplaced }: Tally): string[] {
  const say = (what: string, texts: readonly string[]): string[] =>
    texts.length === 0 ? [] : [`${texts.length} ${what}: ${texts.slice(0, 5).join(', ')}`]
  return [
    ...say('lost', lost),
    ...say('doubled', doubled),
    ...say('told in vain', invented),
    ...say('not in their sender’s order', misplaced),
  ]
}
