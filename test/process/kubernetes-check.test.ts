import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CHECK_CHANNEL, check } from '../../src/cli/kubernetes/check.ts'
import { connect } from '../../src/client/index.ts'
import type { KubeObject } from '../../src/ports/index.ts'
import { startSystem, type TestSystem } from '../support/system.ts'

const CLUSTER: KubeObject = {
  apiVersion: 'recado.dev/v1alpha1',
  kind: 'MessagingCluster',
  metadata: { name: 'orders', namespace: 'shop' },
}

let system: TestSystem

beforeAll(async () => {
  system = await startSystem({ servers: 1 })
  await system.ready()
}, 60_000)

afterAll(() => system.stop())

/** The check against the running system: names of Services are its addresses here. */
function checkSystem(
  proxies: (asked: readonly string[]) => readonly string[],
  mark: string,
  timeoutMs = 15_000,
) {
  const asked: string[] = []
  const outcome = check({
    api: { list: () => Promise.resolve([CLUSTER]), get: () => Promise.resolve(undefined) },
    namespace: 'shop',
    timeoutMs,
    signal: new AbortController().signal,
    connect: (brokers, addresses) => {
      asked.push(...brokers, ...addresses)
      return connect({ broker: system.brokerAddress, proxies: proxies(addresses) })
    },
    fetch,
    mark,
  })
  return { asked, outcome }
}

describe('the check of a MessagingCluster', () => {
  it('publishes a message and reads it, by the Services of the cluster', async () => {
    const { asked, outcome } = checkSystem(() => [system.proxyAddress], 'mark-1')

    expect(await outcome).toEqual([
      { what: 'MessagingCluster shop/orders', result: 'a message was published and read', isGood: true },
    ])
    expect(asked).toEqual(['tcp://orders-requests.shop.svc:5555', 'tcp://orders-publications.shop.svc:5558'])
    const client = await connect({ broker: system.brokerAddress })
    const { messages } = await client.history(CHECK_CHANNEL)
    await client.close()
    expect(messages.map(({ message }) => message)).toContain('mark-1 1')
  })

  it('fails when messages are only in history, for no proxy passes them on', async () => {
    const { outcome } = checkSystem(() => ['tcp://127.0.0.1:1'], 'mark-2', 3000)

    expect(await outcome).toMatchObject([
      { isGood: false, result: expect.stringMatching(/live|was not read/) },
    ])
  })
}, 60_000)
