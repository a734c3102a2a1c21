import { KINDS } from '../../../src/operator/kinds.ts'
import { childName } from '../../../src/operator/names.ts'
import { until } from '../../support/load.ts'
import type { Group, Scenario, World } from '../scenario.ts'
import { OPERATOR_NAMESPACE } from '../support/chart.ts'
import { Stage } from '../support/stage.ts'
import { underLoad } from '../under-load.ts'
import { machineOf, startApi } from './machine-faults.ts'

const OUTAGE_S = 60
const ACTS_AFTER_OUTAGE_MS = 10_000
const TAKES_OVER_MS = 20_000
/** Of one operator in a minute without an API server: more is a flood. */
const LINES_MAX = 200
const DEADLINE_MS = 420_000

const outage: Scenario = {
  name: 'the API server stops for a minute',
  says: 'stop the API server; after 60 s start it again and scale to five at once',
  needs: ['machine'],
  deadlineMs: DEADLINE_MS,
  run: (world) =>
    underLoad(world, {
      gapMaxMs: 3000,
      async steps(stage, broken) {
        const { release } = world
        const since = new Date().toISOString()
        try {
          await machineOf(world).stop('apiserver')
          await Stage.lasting(OUTAGE_S)
        } finally {
          await startApi(world)
        }
        await stage.scale(5)
        const begun = performance.now()
        await wantsServers(stage, 5).catch((error: unknown) => broken.push(String(error)))
        const actedMs = performance.now() - begun
        if (actedMs > ACTS_AFTER_OUTAGE_MS) broken.push(`the operator acted after ${Math.round(actedMs)} ms`)
        const lines = await mostLines(world, since)
        if (lines > LINES_MAX) broken.push(`an operator wrote ${lines} lines`)
        await stage.settled(150_000)
        broken.push(...(await restarts(release)))
        return [
          `the operator acted after ${(actedMs / 1000).toFixed(1)} s`,
          `it wrote ${lines} lines at most`,
        ]
      },
    }),
}

/** Waits until the operator asks the StatefulSet for so many. */
async function wantsServers(stage: Stage, replicas: number): Promise<void> {
  await until(60_000, async () => {
    const set = await stage.kubernetes.get(
      KINDS.statefulSet,
      stage.namespace,
      childName(stage.name, 'server'),
    )
    const { replicas: asked } = (set?.['spec'] ?? {}) as { replicas?: number }
    return asked === replicas || `the StatefulSet asks for ${asked}`
  })
}

async function mostLines({ kubernetes, release }: World, since: string): Promise<number> {
  const counts = []
  for (const { metadata } of await release.pods()) {
    const args = ['logs', '-n', OPERATOR_NAMESPACE, metadata.name, `--since-time=${since}`]
    counts.push((await kubernetes.kubectl(...args)).split('\n').length - 1)
  }
  return Math.max(0, ...counts)
}

async function restarts(release: World['release']): Promise<string[]> {
  return (await release.restarts()).map((text) => `operator: ${text}`)
}

const leader: Scenario = {
  name: 'the acting operator is killed',
  says: 'kill the one of two operators that acts with SIGKILL and delete its pod; change the resource at once',
  needs: ['machine'],
  deadlineMs: DEADLINE_MS,
  run: (world) =>
    underLoad(world, {
      gapMaxMs: 3000,
      async steps(stage, broken) {
        const { release, machine } = world
        const acting = await release.leader()
        if (acting === undefined || machine === undefined) throw new Error('No operator acts')
        const { node, container } = await new Stage(world.kubernetes, OPERATOR_NAMESPACE).placeOf(acting)
        const begun = performance.now()
        await machine.signal(node, container, 'SIGKILL')
        await release.delete(acting, { force: true })
        await stage.scale(5)
        await wantsServers(stage, 5)
        const actedMs = performance.now() - begun
        const now = await release.leader()
        if (now === acting) broken.push(`${acting} acts again`)
        if (actedMs > TAKES_OVER_MS) broken.push(`the other acted after ${Math.round(actedMs)} ms`)
        await release.ready()
        await stage.settled(150_000)
        return [`the other acted after ${(actedMs / 1000).toFixed(1)} s`]
      },
    }),
}

export const operators: Group = {
  title: 'The operator and the API server, under load',
  scenarios: [outage, leader],
}
