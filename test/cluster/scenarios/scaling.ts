import { KINDS } from '../../../src/operator/kinds.ts'
import { until } from '../../support/load.ts'
import type { Group, Scenario } from '../scenario.ts'
import type { Stage } from '../support/stage.ts'
import { underLoad } from '../under-load.ts'

const STEP_MS = 180_000

function scaled(name: string, steps: readonly number[], more: Partial<Scenario> = {}): Scenario {
  return {
    name,
    says: `kubectl scale to ${steps.join(', then ')} servers`,
    deadlineMs: STEP_MS * steps.length,
    ...more,
    run: (world) =>
      underLoad(world, {
        async steps(stage, broken) {
          const seen = []
          for (const replicas of steps) {
            world.tell(`scales to ${replicas}`)
            const before = await uidsOf(stage)
            const begun = performance.now()
            await stage.scale(replicas)
            await stands(stage, replicas)
            const restarted = [...(await uidsOf(stage))].filter(
              ([server, uid]) => before.has(server) && before.get(server) !== uid,
            )
            for (const [server] of restarted)
              broken.push(`${server} was replaced while scaling to ${replicas}`)
            seen.push(`${replicas} after ${Math.round((performance.now() - begun) / 1000)} s`)
          }
          return seen
        },
      }),
  }
}

/** Waits until so many servers are there, all voters and up, and nothing is left of the others but their rank. */
async function stands(stage: Stage, replicas: number): Promise<void> {
  await until(STEP_MS - 30_000, async () => {
    const { kubernetes, namespace } = stage
    const names = await stage.serverNames()
    if (names.length !== replicas) return `${names.length} servers’ pods`
    const list = await stage.list().catch(() => [])
    const voters = list.filter(({ voter }) => voter).map(({ name }) => name)
    if (voters.toSorted().join() !== names.join()) return `voters are ${voters.join(', ')}`
    const claims = await kubernetes.list(KINDS.volumeClaim, namespace)
    return claims.length === replicas || `${claims.length} volume claims`
  })
  await stage.settled()
}

async function uidsOf(stage: Stage): Promise<Map<string, string | undefined>> {
  return new Map((await stage.pods('server')).map(({ metadata: { name, uid } }) => [name, uid]))
}

export const scaling: Group = {
  title: 'Scaling, under load',
  scenarios: [
    scaled('scaled to five and back', [5, 3], { short: true }),
    scaled('scaled from three to five to three to one to three', [5, 3, 1, 3]),
  ],
}
