import { openKubeTransport } from '../../../src/adapters/kubernetes/index.ts'
import { KINDS } from '../../../src/operator/kinds.ts'
import { HttpKubeApi, Requests } from '../../../src/operator/kube/index.ts'
import { countingMetrics } from '../../support/counting-metrics.ts'
import { until } from '../../support/load.ts'
import { checkApi } from '../api/checks.ts'
import type { Findings, Group, Scenario, World } from '../scenario.ts'
import { namespaceOf } from '../support/chart.ts'
import type { Stage } from '../support/stage.ts'

const NAMESPACE = 'recado-e2e-api'
const DEADLINE_MS = 180_000
const GONE_MS = 60_000

const requests: Scenario = {
  name: 'the operator’s requests',
  says: 'ask a real API server for all that the operator relies on: apply, watch, Lease, Event',
  deadlineMs: DEADLINE_MS,
  async run({ kubernetes }) {
    await kubernetes.apply(namespaceOf(NAMESPACE))
    try {
      const results = await checkApi(kubernetes.kubeconfig, NAMESPACE)
      return {
        seen: [`${results.length} checks`],
        broken: results.flatMap(({ says, wrong }) =>
          wrong === undefined ? [] : [`not so: ${says}: ${wrong}`],
        ),
      }
    } finally {
      await kubernetes.kubectl('delete', 'namespace', NAMESPACE, '--wait=false')
    }
  },
}

const evictions: Scenario = {
  name: 'evictions and budgets',
  says: 'evict one of two brokers, and the other at once: the budget forbids it until there are two again',
  deadlineMs: DEADLINE_MS,
  run: evictTwice,
}

async function evictTwice(world: World): Promise<Findings> {
  const stage = await world.stage({})
  await stage.settled()
  const transport = await openKubeTransport({ kubeconfig: world.kubernetes.kubeconfig })
  try {
    const api = new HttpKubeApi(new Requests(transport, countingMetrics()))
    return { broken: await outcomes(api, stage) }
  } finally {
    transport.close()
  }
}

async function outcomes(api: HttpKubeApi, stage: Stage): Promise<string[]> {
  const [first, second] = (await stage.pods('broker')).map(({ metadata }) => metadata)
  if (first === undefined || second === undefined) throw new Error('There are no two brokers')
  const uid = first.uid ?? ''
  const became = [
    await api.evict(first, { uid: second.uid ?? '' }),
    await api.evict(first, { uid }),
    await api.evict(second, { uid: second.uid ?? '' }),
  ]
  // One that is still ending may be evicted again; after that it is gone.
  await until(GONE_MS, async () => (await api.get(KINDS.pod, first)) === undefined || 'still there')
  became.push(await api.evict(first, { uid }))
  const isThere = (await api.get(KINDS.pod, second)) !== undefined
  return became.join() === 'gone,evicted,blocked,gone' && isThere ? [] : [`evictions became ${became.join()}`]
}

export const api: Group = {
  title: 'The API server as the operator uses it',
  scenarios: [requests, evictions],
}
