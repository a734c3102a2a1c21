import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openKeyValue } from '../../src/adapters/lmdb.ts'
import { encode, MESSAGE_BYTES_MAX } from '../../src/wire/index.ts'
import { until } from '../support/load.ts'
import { type Answer, send } from '../support/raw.ts'
import { startSystem, type TestSystem } from '../support/system.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
const CLI = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const SERVERS = ['server-1', 'server-2', 'server-3']
const CLUSTER = 'default/recado'
const QUEUE = 4
const START_MS = 60_000

let system: TestSystem
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'recado-errors-'))
  await writeFile(join(folder, 'file'), '')
  await mkdir(join(folder, 'another'))
  await makeStore(join(folder, 'newer-format'))
  await writeFile(
    join(folder, 'another', 'owner.json'),
    JSON.stringify({ cluster: CLUSTER, name: 'another' }),
  )
  system = await startSystem({ env: { CLIENT_QUEUE: String(QUEUE), ACK_DEADLINE_MS: '1000' } })
  await system.ready()
  for (const user of ['ana', 'rui']) await ask('login', { user })
  await ask('channel', { user: 'ana', channel: 'talk' })
}, START_MS)

afterAll(async () => {
  await system.stop()
  await rm(folder, { recursive: true })
})

let asked = 0
function request(service: string, data: object): object {
  asked++
  return { service, id: `request-${asked}`, clock: asked, timestamp: Date.now(), data }
}

async function ask(service: string, data: object, address = system.brokerAddress): Promise<Answer['data']> {
  const [answer] = await send(address, [request(service, data)])
  return (answer as Answer).data
}

const askRef = (service: string, data: object) => ask(service, data, system.refAddress)

describe('a server answers', () => {
  const publication = { user: 'ana', channel: 'talk', message: 'oi' }

  it.each([
    ['bad_request', 'publish', { ...publication, channel: 7 }],
    ['unknown_service', 'sing', {}],
    ['not_logged_in', 'publish', { ...publication, user: 'nobody' }],
    ['unknown_channel', 'publish', { ...publication, channel: 'nowhere' }],
    ['unknown_user', 'message', { user: 'ana', to: 'nobody', message: 'oi' }],
    ['too_large', 'publish', { ...publication, message: 'x'.repeat(MESSAGE_BYTES_MAX + 1) }],
  ])('%s to a request of %s that deserves it', async (code, service, data) => {
    expect(await ask(service, data)).toMatchObject({ status: 'error', code, retryable: false })
  })

  it('bad_request to a known id with other content', async () => {
    const first = request('publish', publication)
    await send(system.brokerAddress, [first])
    const [answer] = await send(system.brokerAddress, [
      { ...first, data: { ...publication, message: 'tchau' } },
    ])

    expect(answer?.data).toMatchObject({ code: 'bad_request' })
  })

  it('unavailable when not all servers can hold what all shall hold', async () => {
    await system.process('server-3').kill()
    const data = await ask('publish', { ...publication, acks: 'all' })
    system.process('server-3').start()
    await system.ready()

    expect(data).toMatchObject({ code: 'unavailable', retryable: true })
  })
})

describe('a broker answers', () => {
  it('overloaded to who has too much under way', async () => {
    await Promise.all(SERVERS.map((name) => system.process(name).kill('SIGSTOP')))
    const requests = Array.from({ length: QUEUE + 1 }, () => request('users', {}))
    let answers: readonly Answer[]
    try {
      answers = await send(system.brokerAddress, requests, 1)
    } finally {
      await Promise.all(SERVERS.map((name) => system.process(name).kill('SIGCONT')))
    }
    await system.ready()

    expect(answers[0]?.data).toMatchObject({ code: 'overloaded', retryable: true })
  })
})

describe('ref answers', () => {
  const beat = { name: 'server-1', role: 'server', address: 'tcp://127.0.0.1:1', incarnation: 1 }

  it('denied to another cluster', async () => {
    expect(await askRef('heartbeat', { ...beat, cluster: 'other/one' })).toMatchObject({ code: 'denied' })
  })

  it('name_taken to a process when a newer one of its name runs', async () => {
    expect(await askRef('heartbeat', { ...beat, cluster: CLUSTER })).toMatchObject({ code: 'name_taken' })
  })

  it('stale to a report older than one that it has seen', async () => {
    const report = { cluster: CLUSTER, wanted: SERVERS, pods: [] }
    expect(await askRef('members', { ...report, term: 2, sequence: 1 })).toMatchObject({ status: 'ok' })

    expect(await askRef('members', { ...report, term: 1, sequence: 9 })).toMatchObject({ code: 'stale' })
  })
})

/** A store that a later version wrote. */
async function makeStore(data: string): Promise<void> {
  await mkdir(data)
  const store = openKeyValue(data)
  await new Promise((resolve) => store.commit([{ key: Buffer.from('f'), value: encode(99) }], resolve))
  await new Promise<void>((resolve) => store.close(resolve))
}

/** Starts a program and waits for its end, killing it after the deadline. */
async function end(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, [program, ...args], {
    env: { ...process.env, ...env },
    timeout: 20_000,
  })
  const [out, err, status] = await Promise.all([text(child.stdout), text(child.stderr), statusOf(child)])
  return { out, err, status }
}

function statusOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => {
    child.once('exit', resolve)
  })
}

/** A server of its own, on free ports, that nobody waits for. */
function serverSettings(name: string, settings: Readonly<Record<string, string>>): Record<string, string> {
  const ports = { PORT_HTTP: '0', PORT_PEERS: '0' }
  const others = { REF: '', BROKERS: '', PROXIES: '', DATA_DIR: join(folder, name) }
  return { ROLE: 'server', NAME: name, LOG_FORMAT: 'json', ...ports, ...others, ...settings }
}

describe('a process ends', () => {
  it.each([
    ['bad_option', () => ({ ACKS: 'most' })],
    ['port_in_use', () => ({ PORT_HTTP: String(system.ports.http[0]) })],
    ['port_in_use', () => ({ PORT_PEERS: String(system.ports.peers[0]) })],
    ['folder_in_use', () => ({ NAME: 'server-1', DATA_DIR: join(system.folder, 'server-1') })],
    ['folder_not_writable', () => ({ DATA_DIR: join(folder, 'file', 'data') })],
    ['wrong_owner', () => ({ DATA_DIR: join(folder, 'another') })],
    ['other_format', () => ({ DATA_DIR: join(folder, 'newer-format') })],
  ])('with 2 and %s when its settings are so', async (code, settings) => {
    const { out, status } = await end(MAIN, [], serverSettings('server-9', settings()))

    expect(out.split('\n').filter((line) => line.includes(`"code":"${code}"`))).toHaveLength(1)
    expect(status).toBe(2)
  })

  it('without touching a store of another format', async () => {
    const data = join(folder, 'newer-format')
    expect((await end(MAIN, [], serverSettings('server-9', { DATA_DIR: data }))).status).toBe(2)
    const store = openKeyValue(data)
    const kept = store.get(Buffer.from('f'))
    await new Promise<void>((resolve) => store.close(resolve))

    expect(kept).toEqual(Buffer.from(encode(99)))
    expect((await readdir(data)).filter((name) => name.includes('damaged'))).toEqual([])
  })

  it('with 1 and superseded when a newer process of its name runs', async () => {
    const { refAddress, ports } = system
    const settings = {
      REF: refAddress,
      DATA_DIR: join(folder, 'newer'),
      BROKERS: `tcp://127.0.0.1:${ports.servers}`,
    }
    const newer = spawn(process.execPath, [MAIN], {
      env: { ...process.env, ...serverSettings('server-3', settings) },
    })
    try {
      await until(
        20_000,
        () => system.log('server-3').includes('died: exit status 1') || system.log('server-3'),
      )
    } finally {
      newer.kill('SIGKILL')
      await statusOf(newer)
    }

    expect(system.log('server-3')).toContain('"code":"superseded"')
  })
})

describe('recado verify', () => {
  it('ends with 1 and files_differ when the folders hold other lines', async () => {
    const folders = await Promise.all(['a', 'b'].map((name) => mkdtemp(join(folder, name))))
    for (const each of folders) await writeFile(join(each, 'publications.jsonl'), `${JSON.stringify(each)}\n`)
    const { err, status } = await end(CLI, ['verify', ...folders])

    expect(err).toMatch(/^recado: files_differ: publications\.jsonl /)
    expect(status).toBe(1)
  })
})
