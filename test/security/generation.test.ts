import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { KeyRing } from '../../src/adapters/keys/index.ts'
import { systemTime, systemTimers } from '../../src/adapters/time.ts'
import { openDealer } from '../../src/adapters/zeromq/index.ts'
import { makeKeys } from '../../src/cli/keys/index.ts'
import { Membership } from '../../src/operator/membership/index.ts'
import { until } from '../support/load.ts'
import { quietLog, quietMetrics } from '../support/quiet.ts'
import { startSystem, type TestSystem } from '../support/system.ts'

const TEST_MS = 60_000
const PARTS = ['ref', 'broker', 'proxy', 'server']
const PROCESSES = [
  'ref/ref',
  'broker/broker',
  'proxy/proxy',
  'server/server-1',
  'server/server-2',
  'server/server-3',
]
const SERVERS = PROCESSES.filter((id) => id.startsWith('server/')).map((id) => id.slice('server/'.length))

let system: TestSystem
let keys: KeyRing
let membership: Membership

function generation(folder: string, number: number, parts = PARTS): void {
  for (const part of parts) writeFileSync(join(folder, part, 'generation'), `${number}\n`)
}

const all = (number: number) => Object.fromEntries(PROCESSES.map((id) => [id, number]))

/** What is read once it is as wanted, or at the deadline. */
async function read(wanted: Readonly<Record<string, number>>): Promise<unknown> {
  const late = () => Object.entries(wanted).filter(([id, number]) => membership.view?.keys?.[id] !== number)
  await until(15_000, () => late().length === 0 || JSON.stringify(membership.view?.keys))
  return membership.view?.keys
}

beforeAll(async () => {
  system = await startSystem({
    secured: true,
    prepare: (folder) => {
      makeKeys(folder)
      generation(folder, 1)
    },
  })
  await system.ready()
  keys = new KeyRing({
    folder: join(system.folder, 'keys', 'operator'),
    timers: systemTimers,
    log: quietLog,
    metrics: quietMetrics,
  })
  const pass = keys.pass('back')
  membership = new Membership({
    cluster: 'default/recado',
    openDealer,
    pass: () => pass,
    time: systemTime(),
    timers: systemTimers,
    log: quietLog,
    term: () => 1,
    confirmTerm: async () => 1,
    onChange: () => {},
  })
  const pods = PROCESSES.map((id) => id.split('/') as [string, string])
    .filter(([role]) => role !== 'ref')
    .map(([role, name]) => ({ name, role, uid: '', ip: '', ready: true, terminating: false }))
  membership.tell({ wanted: SERVERS, pods }, [`tcp://127.0.0.1:${system.ports.operators}`])
}, TEST_MS)

afterAll(async () => {
  await membership?.stop()
  keys?.close()
  await system?.stop()
}, TEST_MS)

describe("an operator with a key of its own, at ref's operators' port", () => {
  it('hears which generation of its keys each process has read', async () => {
    expect(await read(all(1))).toEqual(all(1))
  })

  it('hears of a new one from those alone that have read it', async () => {
    const folder = join(system.folder, 'keys')
    generation(folder, 2, ['ref', 'server'])
    const some = { ...all(2), 'broker/broker': 1, 'proxy/proxy': 1 }
    expect(await read(some)).toEqual(some)
    generation(folder, 2)
    expect(await read(all(2))).toEqual(all(2))
  })

  it('hears the former one of who cannot read all of the new one', async () => {
    const folder = join(system.folder, 'keys')
    writeFileSync(join(folder, 'broker', 'client.keys'), 'broken')
    generation(folder, 3)
    const some = { ...all(3), 'broker/broker': 2 }
    expect(await read(some)).toEqual(some)
    expect(system.log('broker')).toContain('Cannot read keys')
  })
})
