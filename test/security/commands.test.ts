import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeClient } from '../../src/cli/keys/index.ts'
import { runCommand } from '../support/command.ts'
import { startSystem, type TestSystem } from '../support/system.ts'

const TEST_MS = 60_000

let system: TestSystem

beforeAll(async () => {
  system = await startSystem({ secured: true })
  await system.ready()
}, TEST_MS)

afterAll(() => system?.stop(), TEST_MS)

const keysOf = (client: string): string => join(system.folder, 'keys', 'clients', client)

const recado = (args: readonly string[], input?: string, client = 'local') =>
  runCommand(system, ['--keys', keysOf(client), ...args], input)

describe('recado in secured mode', () => {
  it(
    'makes private channels, invites to them and leaves them',
    async () => {
      for (const user of ['rui', 'eva']) await recado(['login', user])
      const made = await recado(['channel', 'board', '--members', 'rui', '--user', 'ana'])
      const before = await recado(['publish', 'board', 'hello', '--user', 'eva'])
      const invited = await recado(['invite', 'board', 'eva', '--user', 'rui'])
      const after = await recado(['publish', 'board', 'hello', '--user', 'eva'])
      const left = await recado(['leave', 'board', '--user', 'eva', '--output', 'json'])
      const gone = await recado(['history', 'board', '--user', 'eva'])

      expect([made, invited, after, left].map(({ status, err }) => [status, err])).toEqual(
        Array.from({ length: 4 }, () => [0, '']),
      )
      expect(invited.out).toBe('User eva is a member of board\n')
      expect(JSON.parse(left.out)).toEqual({ channel: 'board', user: 'eva' })
      for (const { status, err } of [before, gone]) {
        expect(status).toBe(1)
        expect(err).toContain('recado: denied: Channel "board" is private')
      }
    },
    TEST_MS,
  )

  it(
    'changes a secret, and keeps the new one beside the keys when told to',
    async () => {
      makeClient(join(system.folder, 'keys'), 'leo')
      const file = join(keysOf('leo'), 'user.secret')
      const former = readFileSync(file, 'utf8')
      await expect
        .poll(() => recado(['login', 'leo'], '', 'leo').then(({ status }) => status), { timeout: 20_000 })
        .toBe(0)
      const told = await recado(['secret', 'second of leo', '--user', 'leo'], '', 'leo')
      const kept = readFileSync(file, 'utf8')
      // The former one is in the file still: the same again finds that it is done.
      const saved = await recado(['secret', '-', '--save', '--user', 'leo'], 'second of leo\n', 'leo')
      const login = await recado(['login', 'leo'], '', 'leo')
      const stale = await recado(['login', 'leo', '--secret', former.trim()], '', 'leo')

      expect(told).toMatchObject({ status: 0, out: 'User leo has another secret\n' })
      expect(told.err).toContain('still holds the former secret')
      expect(kept).toBe(former)
      expect(saved).toMatchObject({ status: 0, err: '' })
      expect(readFileSync(file, 'utf8')).toBe('second of leo\n')
      expect(login.status).toBe(0)
      expect(stale.err).toContain('recado: denied')
    },
    TEST_MS,
  )

  it(
    'permits a new secret to who has forgotten the former one, once',
    async () => {
      makeClient(join(system.folder, 'keys'), 'bia')
      await expect
        .poll(() => recado(['login', 'bia'], '', 'bia').then(({ status }) => status), { timeout: 20_000 })
        .toBe(0)
      const made = await recado(['keys', 'permit', 'bia', '--folder', join(system.folder, 'keys')])
      const env = { RECADO_PERMIT: made.out.trim() }
      const reset = (secret: string, more: readonly string[] = [], input = '') =>
        runCommand(system, ['--keys', keysOf('bia'), '--user', 'bia', 'secret', secret, ...more], input, env)
      const saved = await reset('-', ['--save'], 'second of bia\n')
      const again = await reset('second of bia')
      const other = await reset('third of bia')
      const login = await recado(['login', 'bia'], '', 'bia')
      const told = await recado(['secret', 'third of bia', '--permit', 'none', '--user', 'bia'], '', 'bia')

      expect(made).toMatchObject({ status: 0, err: expect.stringContaining('for 60 minutes') })
      expect(made.out).toMatch(/^permit:bia:\d+:\d+:[\w-]{43}\n$/)
      expect(saved).toMatchObject({ status: 0, out: 'User bia has another secret\n', err: '' })
      expect(again.status).toBe(0)
      expect(login.status).toBe(0)
      for (const { status, err } of [other, told]) {
        expect(status).toBe(1)
        expect(err).toMatch(/^recado: denied: The permit is wrong, used or expired/)
      }
    },
    TEST_MS,
  )

  it('says what is wrong with a new secret', async () => {
    const noKeys = await runCommand(system, ['secret', 'a new secret', '--user', 'ana'])
    const short = await recado(['secret', 'short', '--user', 'ana'])
    const spaced = await recado(['secret', ' a new secret ', '--save', '--user', 'ana'])

    expect([noKeys.status, short.status, spaced.status]).toEqual([2, 1, 2])
    expect(noKeys.err).toContain('give --keys')
    expect(short.err).toContain('Key "new_secret" must have 8 to 256 bytes')
    expect(spaced.err).toContain('white space')
  })
})
