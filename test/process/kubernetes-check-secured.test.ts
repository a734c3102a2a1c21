import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { makeKey, makeKeyPair } from '../../src/adapters/keys/index.ts'
import { check } from '../../src/cli/kubernetes/check.ts'
import { connect } from '../../src/client/index.ts'
import { COMPONENTS } from '../../src/operator/names.ts'
import { newKeyring, partFiles, secretData } from '../../src/operator/security/index.ts'
import type { KubeObject } from '../../src/ports/index.ts'
import { startSystem, type TestSystem } from '../support/system.ts'

const keyring = newKeyring({ pair: makeKeyPair, key: makeKey })
const CLUSTER: KubeObject = {
  apiVersion: 'recado.dev/v1alpha1',
  kind: 'MessagingCluster',
  metadata: { name: 'orders', namespace: 'shop' },
  spec: { security: { mode: 'secured' } },
}
const SECRET: KubeObject = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'orders-client-keys', namespace: 'shop' },
  data: secretData(partFiles(keyring, 'client')),
}

let system: TestSystem

beforeAll(async () => {
  system = await startSystem({ servers: 1, secured: true, prepare: writeParts })
  await system.ready()
}, 60_000)

afterAll(() => system.stop())

/** What the pods of a cluster mount, in place of what `recado keys` makes. */
function writeParts(keys: string): void {
  for (const component of COMPONENTS) {
    const folder = join(keys, component === 'client' ? 'clients/local' : component)
    mkdirSync(folder, { recursive: true })
    for (const [name, text] of Object.entries(partFiles(keyring, component)))
      writeFileSync(join(folder, name), text)
  }
}

async function checkWith(secret: KubeObject | undefined): Promise<unknown> {
  const asked: unknown[] = []
  const results = await check({
    api: {
      list: () => Promise.resolve([CLUSTER]),
      get: (kind, key) => {
        asked.push([kind.kind, key])
        return Promise.resolve(secret)
      },
    },
    namespace: 'shop',
    timeoutMs: 15_000,
    signal: new AbortController().signal,
    connect: (_brokers, _proxies, keys) =>
      connect({ broker: system.brokerAddress, proxies: [system.proxyAddress], ...keys }),
    fetch,
    mark: 'mark',
  })
  expect(asked).toEqual([['Secret', { namespace: 'shop', name: 'orders-client-keys' }]])
  return results
}

it('the check of a secured cluster shows the keys of the cluster’s own client', async () => {
  expect(await checkWith(SECRET)).toEqual([
    { what: 'MessagingCluster shop/orders', result: 'a message was published and read', isGood: true },
  ])
}, 60_000)

it('the check fails with what to look for while that client has no keys', async () => {
  expect(await checkWith(undefined)).toMatchObject([
    { isGood: false, result: expect.stringContaining('orders-client-keys holds no keys') },
  ])
}, 60_000)
