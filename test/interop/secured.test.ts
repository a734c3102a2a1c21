import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeClient, makeKeys } from '../../src/cli/keys/index.ts'
import { connectTo, until } from '../support/load.ts'
import { startSystem, type TestSystem } from '../support/system.ts'
import { ROOT } from '../tidy/tree.ts'
import { buildGo, findPython, need, type Tool } from './tools.ts'

const TEST_MS = 60_000
const LANGUAGES: readonly (readonly [name: string, tool: Tool, args: readonly string[]])[] = [
  ['Python', findPython(), ['examples/python/secured.py']],
  ['Go', buildGo('examples/go-secured'), []],
]

let system: TestSystem
let keys: string

beforeAll(async () => {
  system = await startSystem({
    secured: true,
    prepare: (folder) => {
      makeKeys(folder)
      keys = makeClient(folder, 'example')
    },
  })
  await system.ready()
}, TEST_MS)

afterAll(() => system?.stop())

async function run(command: string, args: readonly string[]): Promise<string> {
  const env = { ...process.env, RECADO_BROKER: system.brokerAddress, RECADO_PROXY: system.proxyAddress }
  const { stdout } = await promisify(execFile)(command, args, { cwd: ROOT, env })
  return stdout
}

describe.each(LANGUAGES)('the example client for secured mode in %s', (_, tool, before) => {
  it(
    'proves its key and its user, says something, and hears its channel and its own inbox',
    async (context) => {
      const heard = await run(need(tool, context), [
        ...before,
        keys,
        'ana',
        'the secret of ana',
        'news',
        'olá',
      ])

      expect(heard.trim().split('\n').toSorted()).toEqual(['channel/news/ olá', 'user/ana/ olá'])
    },
    TEST_MS,
  )

  it(
    'is understood by the library, and does not hear what it says to another',
    async (context) => {
      const command = need(tool, context)
      const rui = await connectTo(system, 'rui')
      const received: unknown[] = []
      void (async () => {
        for await (const { message } of rui.subscribe({ user: 'rui' })) received.push(message)
      })()
      await expect(
        run(command, [...before, keys, 'ana', 'the secret of ana', 'news', 'for rui', 'rui']),
      ).rejects.toMatchObject({ stdout: 'channel/news/ for rui\n' })
      await until(10_000, () => received.includes('for rui') || 'not heard')
      await rui.close()
    },
    TEST_MS,
  )

  it(
    'is refused with a wrong secret',
    async (context) => {
      await expect(
        run(need(tool, context), [...before, keys, 'ana', 'another secret', 'news', 'm']),
      ).rejects.toMatchObject({ stderr: expect.stringContaining('denied') })
    },
    TEST_MS,
  )
})
