import { KINDS } from '../../../src/operator/kinds.ts'
import { until } from '../../support/load.ts'
import type { Findings, Group, Scenario, World } from '../scenario.ts'
import { DEFINITION } from '../support/chart.ts'

const OWNED = [
  'statefulSet',
  'deployment',
  'pod',
  'service',
  'serviceAccount',
  'budget',
  'networkPolicy',
] as const
const GONE_MS = 60_000

const uninstall: Scenario = {
  name: 'all is removed',
  says: 'delete the resource, then helm uninstall',
  short: true,
  deadlineMs: 240_000,
  run: removed,
}

async function removed(world: World): Promise<Findings> {
  const { kubernetes, release } = world
  const stage = await world.stage({})
  await stage.ready()
  const begun = performance.now()
  await kubernetes.kubectl('delete', 'mc', stage.name, '-n', stage.namespace, '--timeout=30s')
  await until(GONE_MS, async () => {
    const left = []
    for (const kind of OWNED) {
      const objects = await kubernetes.list(
        KINDS[kind],
        stage.namespace,
        `app.kubernetes.io/instance=${stage.name}`,
      )
      left.push(...objects.map(({ metadata }) => `${kind} ${metadata.name}`))
    }
    return left.length === 0 || `still there: ${left.join(', ')}`
  })
  const goneMs = performance.now() - begun
  const claims = await kubernetes.list(KINDS.volumeClaim, stage.namespace)
  await release.uninstall()
  const definition = await kubernetes.get(KINDS.definition, undefined, DEFINITION)
  return {
    seen: [
      `all but ${claims.length} volumes gone after ${(goneMs / 1000).toFixed(1)} s`,
      'the definition stays',
    ],
    broken: [
      ...(claims.length === 3 ? [] : [`${claims.length} volume claims were kept of 3`]),
      ...(definition === undefined ? ['helm uninstall took the definition away'] : []),
    ],
  }
}

export const removing: Group = { title: 'Removing', scenarios: [uninstall] }
