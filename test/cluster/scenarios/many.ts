import { KINDS } from '../../../src/operator/kinds.ts'
import type { KubeObject } from '../../../src/ports/kubernetes.ts'
import { until } from '../../support/load.ts'
import type { Findings, Group, Scenario, World } from '../scenario.ts'
import { namespaceOf } from '../support/chart.ts'
import { countsOf, requestsOf, total } from '../support/metrics.ts'
import { writeOperatorResults } from '../support/results.ts'
import { CLUSTER, Stage } from '../support/stage.ts'

const COUNT = 50
const GROUP = 5
/** Nothing is said to them, and the nodes are small: what pods keep free by default would not fit 200 times. */
const template = { resources: { requests: { cpu: '5m', memory: '32Mi' } } }
const SPEC = {
  servers: { replicas: 1, template },
  brokers: { replicas: 1, template },
  proxies: { replicas: 1, template },
  ref: { template },
}
const READY_MS = 15 * 60_000
const GROUP_MS = 5 * 60_000
const QUIET_S = 120

const fifty: Scenario = {
  name: 'fifty clusters',
  says: '50 resources of one server, broker and proxy each, in 50 namespaces: what the operator takes when quiet',
  needs: ['machine'],
  deadlineMs: READY_MS + 10 * 60_000,
  run: fiftyClusters,
}

async function fiftyClusters(world: World): Promise<Findings> {
  const { kubernetes, tell } = world
  const namespaces = Array.from({ length: COUNT }, (_, at) => `recado-e2e-many-${at + 1}`)
  const { apiVersion, kind } = KINDS.messagingCluster
  try {
    const begun = performance.now()
    // In groups: what is shown is how many the operator can tend, not how many processes one machine can start at once.
    for (let first = 0; first < COUNT; first += GROUP) {
      const group = namespaces.slice(first, first + GROUP)
      await kubernetes.apply(
        ...group.map(namespaceOf),
        ...group.map((namespace) => ({
          apiVersion,
          kind,
          metadata: { name: CLUSTER, namespace },
          spec: { ...world.spec, ...SPEC },
        })),
      )
      const wanted = first + group.length
      await until(GROUP_MS, async () => {
        // While so many processes start on one machine, its API server may not answer in time.
        const all = await kubernetes.list(KINDS.messagingCluster).catch(() => [])
        const resources = all.filter(({ metadata }) => namespaces.includes(metadata.namespace ?? ''))
        const ready = resources.filter(isReady).length
        tell(`${ready} are Ready`)
        await Stage.lasting(5)
        return ready === wanted || `${ready} of ${wanted} are Ready`
      })
    }
    const readyS = (performance.now() - begun) / 1000
    await Stage.lasting(30)
    const before = await figures(world)
    await Stage.lasting(QUIET_S)
    const after = await figures(world)
    const requestsPerMinute = (after.requests - before.requests) / (QUIET_S / 60)
    const memoryMiB = after.memory / 2 ** 20
    writeOperatorResults({ clusters: COUNT, pods: COUNT * 4, readyS, memoryMiB, requestsPerMinute }, QUIET_S)
    return {
      seen: [
        `all Ready after ${Math.round(readyS)} s`,
        `${Math.round(memoryMiB)} MiB and ${Math.round(requestsPerMinute)} requests a minute of both operators`,
      ],
      broken: [],
    }
  } finally {
    await kubernetes.command(
      'kubectl',
      ['delete', 'namespace', ...namespaces, '--ignore-not-found', '--wait=false'],
      { timeoutMs: 180_000 },
    )
    await until(5 * 60_000, async () => {
      const left =
        (await kubernetes.kubectl('get', 'namespace', '-o', 'name')).match(/recado-e2e-many-/g) ?? []
      return left.length === 0 || `${left.length} namespaces are left`
    })
  }
}

/** Requests of both operators so far, and the memory of the one that has more. */
async function figures(world: World): Promise<{ requests: number; memory: number }> {
  const texts = await requestsOf(world)
  const requests = texts.map((text) => total(countsOf(text, 'recado_operator_requests_total')))
  const memory = texts.map((text) => total(countsOf(text, 'process_resident_memory_bytes')))
  if (requests.every((count) => count === 0)) throw new Error('The operator counts no requests')
  return { requests: requests.reduce((sum, count) => sum + count, 0), memory: Math.max(...memory) }
}

function isReady(resource: KubeObject): boolean {
  const { conditions = [] } = (resource['status'] ?? {}) as {
    conditions?: { type: string; status: string }[]
  }
  return conditions.some(({ type, status: is }) => type === 'Ready' && is === 'True')
}

export const many: Group = { title: 'Many clusters', scenarios: [fifty] }
