import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCommand, startCommand } from '../support/command.ts'
import { startSystem, type TestSystem } from '../support/system.ts'

let system: TestSystem

beforeAll(async () => {
  system = await startSystem({ clients: 1 })
  await system.ready()
}, 60_000)

afterAll(() => system.stop())

const start = (args: readonly string[]) => startCommand(system, args)
const recado = (args: readonly string[], input?: string) => runCommand(system, args, input)

function lines(out: string): Record<string, unknown>[] {
  return out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
}

describe('recado against a system of three servers', () => {
  it('makes users and channels known, and lists them', async () => {
    const login = await recado(['login', 'ana'])
    const channel = await recado(['channel', 'talk', '--user', 'ana'])
    const users = await recado(['users', '--output', 'json'])
    const channels = await recado(['channels', '--output', 'json'])

    expect([login.err, channel.err]).toEqual(['', ''])
    expect(lines(users.out)).toContainEqual({ user: 'ana' })
    expect(lines(channels.out)).toContainEqual({ channel: 'talk' })
  })

  it('publishes arguments and standard input, and shows them in order', async () => {
    await recado(['channel', 'order', '--user', 'ana'])
    await recado(['publish', 'order', 'one', '--user', 'ana', '--acks', 'all'])
    const piped = await recado(['publish', 'order', '-', '--user', 'ana', '--output', 'json'], 'two')
    const history = await recado(['history', 'order', '--output', 'json'])

    expect(lines(piped.out)[0]).toMatchObject({ operation: { seq: expect.any(Number) } })
    expect(lines(history.out).map((row) => row['message'])).toEqual(['one', 'two'])
  })

  it('subscribes from the start and ends after the asked count', async () => {
    await recado(['channel', 'count', '--user', 'ana'])
    for (const message of ['a', 'b']) await recado(['publish', 'count', message, '--user', 'ana'])
    const { status, out } = await recado([
      'subscribe',
      'count',
      '--from',
      'start',
      '--count',
      '2',
      '--output',
      'json',
    ])
    const cursor = lines(out)[0]?.['cursor'] as string
    const rest = await recado(['subscribe', 'count', '--from', cursor, '--count', '1', '--output', 'json'])

    expect(status).toBe(0)
    expect(lines(out).map((row) => row['message'])).toEqual(['a', 'b'])
    expect(lines(rest.out).map((row) => row['message'])).toEqual(['b'])
  })

  it('ends a subscription with 0 at Ctrl-C', async () => {
    const child = start(['subscribe', 'general', '--from', 'start'])
    // The automatic client speaks there, so something comes.
    await new Promise((resolve) => {
      child.stdout?.once('data', resolve)
    })
    const ended = new Promise((resolve) => {
      child.on('exit', resolve)
    })
    child.kill('SIGINT')

    expect(await ended).toBe(0)
  })

  it('sends direct messages', async () => {
    await recado(['login', 'rui'])
    await recado(['message', 'rui', 'oi', '--user', 'ana'])
    const { out } = await recado([
      'history',
      '--direct',
      '--with',
      'ana',
      '--user',
      'rui',
      '--output',
      'json',
    ])

    expect(lines(out)).toMatchObject([{ user: 'ana', to: 'rui', message: 'oi' }])
  })

  it('ends with 1 and the code that the server gives', async () => {
    const { status, err } = await recado(['publish', 'nowhere', 'a', '--user', 'ana'])

    expect(err).toMatch(/^recado: unknown_channel: /)
    expect(status).toBe(1)
  })

  it('shows every server in its status', async () => {
    const { out } = await recado(['status', '--output', 'json'])
    const table = await recado(['status'])

    expect(lines(out).map((row) => row['name'])).toEqual(['server-1', 'server-2', 'server-3'])
    expect(table.out).toMatch(/^RANK +NAME +STATE +COORDINATOR/)
  })

  it('publishes a load and shows how it went', async () => {
    const { status, out } = await recado(['bench', '--seconds', '1', '--clients', '2', '--output', 'json'])

    expect(status).toBe(0)
    expect(lines(out)[0]).toMatchObject({ clients: 2, failed: 0 })
    expect(lines(out)[0]?.['operations']).toBeGreaterThan(0)
  })

  it('finds the servers’ files alike once it is quiet', async () => {
    await Promise.all(
      system.processes.filter(({ name }) => name.startsWith('client')).map((each) => each.kill()),
    )
    const folders = ['server-1', 'server-2', 'server-3'].map((name) => join(system.folder, name))
    await expect
      .poll(async () => (await recado(['verify', ...folders])).status, { timeout: 15_000, interval: 500 })
      .toBe(0)
  })
})
