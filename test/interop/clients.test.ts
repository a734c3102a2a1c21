import { type ChildProcess, spawn } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Client, connect } from '../../src/client/index.ts'
import { startSystem, type TestSystem } from '../support/system.ts'
import { ROOT } from '../tidy/tree.ts'
import { buildGo, findPython, need, type Tool } from './tools.ts'

const DEADLINE_MS = 30_000
const python = findPython()
const go = buildGo('examples/go')
const LANGUAGES: readonly (readonly [name: string, tool: Tool, args: readonly string[]])[] = [
  ['Python', python, ['examples/python/client.py']],
  ['Go', go, []],
]

let system: TestSystem
let client: Client
const children: Example[] = []

beforeAll(async () => {
  system = await startSystem({ servers: 3, clients: 0 })
  await system.ready()
  client = await connect({ broker: system.brokerAddress, proxy: system.proxyAddress })
  await client.login('typescript')
}, 60_000)

afterAll(async () => {
  for (const child of children) child.kill()
  await client?.close()
  await system?.stop()
}, 30_000)

describe.each(LANGUAGES)('the example client in %s', (name, tool, args) => {
  it('logs in, creates a channel, publishes, and reads what it published from history', async (context) => {
    const command = need(tool, context)
    const user = `sender-${name}`
    await client.login('typescript')
    const sender = example(command, [...args, 'send', user, `alone-${name}`, 'olá', 'typescript'])

    expect(await sender.ended).toBe(0)
    expect(sender.lines[0]).toMatch(/^published .*server-\d/)
    expect(sender.lines).toContain(`alone-${name} ${user} olá`)
  })

  it('is heard by subscribers in every language, on the channel and directly', async (context) => {
    const command = need(tool, context)
    const channel = `from-${name}`
    const receivers = LANGUAGES.map(([to, receiver, before]) =>
      example(need(receiver, context), [...before, 'receive', `hears-${name}-${to}`, channel, '1000']),
    )
    for (const receiver of receivers) await receiver.says('subscribed')
    await client.createChannel(channel)
    const heard = hear(channel)
    // A subscription takes a moment to reach the proxy and live delivery is at most once: so it is said again and again.
    await vi.waitFor(
      async () => {
        for (const [to] of LANGUAGES) {
          const words = [...args, 'send', 'speaker', channel, 'hello', `hears-${name}-${to}`]
          expect(await example(command, words).ended).toBe(0)
        }
        expect(heard.texts).toContain('hello')
        for (const receiver of receivers) {
          expect(receiver.lines).toContain(`${channel} speaker hello`)
          expect(receiver.lines).toContain('direct speaker hello')
        }
      },
      { timeout: DEADLINE_MS, interval: 100 },
    )
    heard.stop()
    for (const receiver of receivers) receiver.kill()
  }, 60_000)

  it('hears the library, on the channel and directly', async (context) => {
    const command = need(tool, context)
    const channel = `to-${name}`
    const user = `listens-${name}`
    const receiver = example(command, [...args, 'receive', user, channel, '1000'])
    await receiver.says('subscribed')
    await vi.waitFor(
      async () => {
        await client.publish(channel, 'one of many')
        await client.message(user, 'for you')
        expect(receiver.lines).toContain(`${channel} typescript one of many`)
        expect(receiver.lines).toContain('direct typescript for you')
      },
      { timeout: DEADLINE_MS, interval: 100 },
    )
    receiver.kill()
  }, 60_000)
})

interface Example {
  readonly lines: readonly string[]
  /** The exit status. */
  readonly ended: Promise<number>
  says(line: string): Promise<void>
  kill(): void
}

/** Runs an example against the system of this test. */
function example(command: string, args: readonly string[]): Example {
  const env = {
    ...process.env,
    RECADO_BROKER: system.brokerAddress,
    RECADO_PROXY: system.proxyAddress,
    PYTHONIOENCODING: 'utf-8',
  }
  const child: ChildProcess = spawn(command, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'inherit'] })
  const lines: string[] = []
  let rest = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n')
    rest = parts.pop() ?? ''
    lines.push(...parts)
  })
  const ended = new Promise<number>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (status) => resolve(status ?? 1))
  })
  const started: Example = {
    lines,
    ended,
    says: (line) => vi.waitFor(() => expect(lines).toContain(line), { timeout: DEADLINE_MS, interval: 50 }),
    kill: () => {
      child.kill()
    },
  }
  children.push(started)
  return started
}

/** What the library's subscription to a channel gives. */
function hear(channel: string): { readonly texts: readonly unknown[]; stop(): void } {
  const abort = new AbortController()
  const texts: unknown[] = []
  const listen = async (): Promise<void> => {
    for await (const { message } of client.subscribe(channel, { signal: abort.signal })) texts.push(message)
  }
  listen().catch((error: unknown) => texts.push(error))
  return { texts, stop: () => abort.abort() }
}
