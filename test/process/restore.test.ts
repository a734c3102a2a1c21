import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { run } from '../../src/cli/program.ts'
import { connect } from '../../src/client/index.ts'
import { PROJECTED_FILES } from '../../src/store/index.ts'
import { until } from '../support/load.ts'
import { startSystem, type TestSystem } from '../support/system.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'recado-restore-'))
})

afterEach(() => rmSync(folder, { recursive: true }))

async function recado(...args: readonly string[]): Promise<{ status: number; said: string }> {
  let said = ''
  const write = (text: string): void => {
    said += text
  }
  const status = await run(args, {
    environment: {},
    write,
    writeError: write,
    readInput: () => Promise.resolve(new Uint8Array()),
    signal: new AbortController().signal,
  })
  return { status, said }
}

async function withSystem(where: string, work: (system: TestSystem) => Promise<void>): Promise<void> {
  const system = await startSystem({ servers: 3, folder: where })
  try {
    await system.ready()
    await work(system)
  } finally {
    await system.stop()
  }
}

function client(system: TestSystem): ReturnType<typeof connect> {
  return connect({ brokers: [system.brokerAddress], proxies: [system.proxyAddress], timeoutMs: 10_000 })
}

describe('recado restore', () => {
  it('brings a system back from one server’s files after every store was lost', async () => {
    const [lost, made] = [join(folder, 'lost'), join(folder, 'made')]
    await withSystem(lost, async (system) => {
      const ana = await client(system)
      await ana.login('ana')
      await ana.login('rui')
      await ana.createChannel('general')
      for (let count = 0; count < 50; count++) await ana.publish('general', `message ${count}`)
      await ana.message('rui', Uint8Array.of(1, 2, 255))
      await ana.close()
      // What is not final yet when all stop stands in the stores alone.
      const count = (name: string): number =>
        readFileSync(join(lost, 'server-1', name), 'utf8').split('\n').length
      await until(10_000, () => count('publications.jsonl') === 51 && count('messages.jsonl') === 2)
    })
    const files = join(lost, 'server-1')
    const server = join(made, 'server-1')
    for (const name of PROJECTED_FILES) cpSync(join(files, name), join(server, name))

    expect(await recado('restore', server)).toEqual({
      status: 0,
      said: expect.stringContaining('Restored 51 messages, 2 users and 1 channels') as string,
    })
    const again = await recado('restore', server)
    expect(again.status).toBe(1)
    expect(again.said).toContain('recado: not_restorable: ')

    await withSystem(made, async (system) => {
      const rui = await client(system)
      const { messages } = await rui.history('general', { limit: 1000 })
      expect(messages.map(({ message }) => message)).toEqual(
        Array.from({ length: 50 }, (_, count) => `message ${count}`),
      )
      expect(await rui.users()).toEqual(['ana', 'rui'])
      await rui.close()
    })
    for (const name of PROJECTED_FILES) {
      const before = readFileSync(join(files, name), 'utf8')
      for (const each of ['server-1', 'server-2', 'server-3'])
        expect(readFileSync(join(made, each, name), 'utf8')).toBe(before)
    }
  }, 60_000)
})
