import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { makeKeys, makePermit } from '../../src/cli/keys/index.ts'
import { type Client, connect } from '../../src/client/index.ts'
import { PROJECTED_FILES } from '../../src/store/index.ts'
import { runCommand } from '../support/command.ts'
import { until } from '../support/load.ts'
import { startSystem, type TestSystem } from '../support/system.ts'

const TEST_MS = 120_000
const SERVER = 'server-1'

let folder: string
const open: { close(): Promise<void> }[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'recado-restored-'))
})
afterEach(async () => {
  for (const each of open.splice(0).toReversed()) await each.close()
  rmSync(folder, { recursive: true })
}, TEST_MS)

async function start(where: string, prepare = makeKeys): Promise<TestSystem> {
  const system = await startSystem({ secured: true, servers: 1, folder: where, prepare })
  open.push({ close: () => system.stop() })
  await system.ready()
  return system
}

async function clientOf(system: TestSystem, user: string, secret = `secret of ${user}`): Promise<Client> {
  const { brokerAddress: broker, proxyAddress: proxy, keysDir } = system
  const client = await connect({ broker, proxy, keysDir: keysDir as string, user, secret })
  open.push(client)
  return client
}

describe('recado restore in secured mode', () => {
  it(
    'leaves a private channel to its members, whose names only who is listed or has a permit can take',
    async () => {
      const [lost, made] = [join(folder, 'lost'), join(folder, 'made')]
      const before = await start(lost)
      for (const user of ['rui', 'eve']) await clientOf(before, user)
      const ana = await clientOf(before, 'ana')
      await ana.createChannel('board', { members: ['rui', 'eve'] })
      await (await clientOf(before, 'eve')).leave('board')
      await ana.publish('board', 'among us')
      const registry = (): string => readFileSync(join(lost, SERVER, 'registry.json'), 'utf8')
      const lines = (): string => readFileSync(join(lost, SERVER, 'publications.jsonl'), 'utf8')
      await until(
        20_000,
        () =>
          (/"members": \[\s*"ana",\s*"rui"\s*\]/.test(registry()) && lines().includes('among us')) ||
          registry(),
      )
      for (const file of PROJECTED_FILES) cpSync(join(lost, SERVER, file), join(made, SERVER, file))
      expect(await runCommand(before, ['restore', join(made, SERVER)])).toMatchObject({ status: 0 })
      for (const each of open.splice(0).toReversed()) await each.close()

      const after = await start(made, (keys) => {
        makeKeys(keys)
        writeFileSync(join(keys, 'users.list'), 'rui\neve\n')
        makeKeys(keys)
      })
      await expect(clientOf(after, 'ana')).rejects.toMatchObject({ code: 'denied' })
      const [rui, eve] = [await clientOf(after, 'rui'), await clientOf(after, 'eve')]

      const read = async () => (await rui.history('board')).messages.map(({ message }) => message)
      await expect.poll(read, { timeout: 20_000 }).toEqual(['among us'])
      expect(await eve.channels()).toEqual([])
      await expect(eve.history('board')).rejects.toMatchObject({ code: 'denied' })
      await rui.invite('board', 'eve')
      expect((await eve.history('board')).messages).toHaveLength(1)

      const { permit } = makePermit(join(made, 'keys'), 'ana', 60_000)
      await rui.login('ana', { newSecret: 'another of ana', permit })
      expect(await read()).toEqual(['among us'])
      await clientOf(after, 'ana', 'another of ana')
    },
    TEST_MS,
  )
})
