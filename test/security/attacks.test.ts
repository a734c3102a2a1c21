import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Client } from '../../src/client/index.ts'
import { connectTo } from '../support/load.ts'
import { startSystem, type TestSystem } from '../support/system.ts'
import { ATTACKS, type Part, type Target } from './attacks/index.ts'
import { metric, portsOf } from './strangers.ts'

const TEST_MS = 60_000

let system: TestSystem
let honest: Client

beforeAll(async () => {
  system = await startSystem({ secured: true })
  await system.ready()
  honest = await connectTo(system, 'honest')
  await honest.createChannel('general')
}, TEST_MS)

afterAll(async () => {
  await honest?.close()
  await system?.stop()
})

function target(): Target {
  const names = (part: Part): string[] =>
    system.processes.map(({ name }) => name).filter((name) => name.replace(/-\d+$/, '') === part)
  const countedByEach = (part: Part, text: string): Promise<number[]> =>
    Promise.all(names(part).map((name) => metric(system, name, text)))
  return {
    folder: system.folder,
    brokerAddress: system.brokerAddress,
    proxyAddress: system.proxyAddress,
    keysDir: system.keysDir as string,
    ports: portsOf(system),
    cluster: 'default/recado',
    server: 'server-1',
    everyPort: [
      ...portsOf(system),
      ...[1, 2].flatMap((server) =>
        portsOf(system, server).filter(({ name }) => name.startsWith('a server')),
      ),
    ],
    async counted(part, text) {
      return (await countedByEach(part, text)).reduce((sum, count) => sum + count, 0)
    },
    countedByEach,
    log: async (part) =>
      names(part)
        .map((name) => system.log(name))
        .join('\n'),
  }
}

describe('a system in secured mode withstands', () => {
  it.each(ATTACKS)(
    '$name',
    async ({ run }) => {
      expect(await run(target())).toEqual([])
      await honest.publish('general', 'still here')
    },
    TEST_MS,
  )
})
