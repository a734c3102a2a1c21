import { expect, it } from 'vitest'
import { Operator } from '../../src/operator/operator.ts'
import { countingMetrics } from '../support/counting-metrics.ts'
import { FakeApiServer } from '../support/fake-api-server.ts'
import { quietLog } from '../support/quiet.ts'
import { seededChance, VirtualTime } from '../support/virtual-time.ts'

const NAMESPACE = '/apis/recado.dev/v1alpha1/namespaces/ns'
const RESYNC_MS = 100_000

it('an operator passes over the cluster that a user names, there or not, at what happens to the user', async () => {
  const virtual = new VirtualTime()
  const server = new FakeApiServer(virtual)
  const time = virtual.process()
  const metrics = countingMetrics()
  const passes: string[] = []
  server.put(`${NAMESPACE}/messagingclusters/a`, {})
  server.put(`${NAMESPACE}/messagingusers/ana`, { spec: { cluster: 'a' } })
  server.put(`${NAMESPACE}/messagingusers/bob`, { spec: { cluster: 'none' } })
  const operator = new Operator({
    transport: server,
    time,
    timers: time,
    chance: seededChance(1),
    log: quietLog,
    metrics,
    name: 'one',
    lease: { namespace: 'system', name: 'recado-operator' },
    watchNamespaces: [],
    resyncMs: RESYNC_MS,
    createReconciler: () => ({
      reconcile: async ({ namespace, name }) => {
        passes.push(`${namespace}/${name}`)
        return {}
      },
      podsChanged: () => {},
      stop: async () => {},
    }),
    fail: (error) => passes.push(String(error)),
  })
  const pass = async (ms: number): Promise<void> => {
    for (let rest = ms; rest > 0; rest -= 500) {
      await virtual.drain()
      virtual.promises = true
      await virtual.advance(Math.min(500, rest))
    }
    await virtual.drain()
  }
  operator.start()
  await pass(5000)
  expect(passes.toSorted()).toEqual(['ns/a', 'ns/none'])

  server.remove(`${NAMESPACE}/messagingusers/ana`)
  await pass(1000)
  expect(passes.slice(2)).toEqual(['ns/a'])

  for (let i = 0; i < 4; i++) {
    server.bookmark()
    await pass(RESYNC_MS / 2)
  }
  expect(new Set(passes.slice(3))).toEqual(new Set(['ns/a', 'ns/none']))
  // No cluster that is not there keeps the operator's oldest success back.
  const oldest = metrics.value('recado_operator_oldest_success_timestamp_seconds')
  expect(oldest).toBeGreaterThan((time.wall() - 2 * RESYNC_MS) / 1000)
  expect(oldest).toBeGreaterThan(0)
})
