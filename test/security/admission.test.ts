import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeKeyPair } from '../../src/adapters/keys/index.ts'
import type { Client } from '../../src/client/index.ts'
import { connectTo } from '../support/load.ts'
import { startSystem, type TestSystem } from '../support/system.ts'
import { askOnce } from './asking.ts'
import { knock, metric, type Port, pairOf, passOf, portsOf, serverKey, strangersTo } from './strangers.ts'

const TEST_MS = 60_000
const PORTS = [
  "the broker's clients' port",
  "the proxy's subscribers' port",
  "the broker's servers' port",
  "the proxy's publishers' port",
  "the proxy's servers' port",
  "a server's peers' port",
  "ref's port",
  "ref's operators' port",
]

let system: TestSystem
let client: Client

beforeAll(async () => {
  system = await startSystem({ secured: true })
  await system.ready()
  client = await connectTo(system, 'ana')
  await client.createChannel('general')
}, TEST_MS)

afterAll(async () => {
  await client?.close()
  await system?.stop()
})

const portNamed = (name: string) => portsOf(system).find((each) => each.name === name) as Port

describe('in secured mode', () => {
  it.each(PORTS)('%s admits those that it is for', async (name) => {
    const port = portNamed(name)

    expect(
      await knock(port, { pair: pairOf(system, port.holder), serverKey: serverKey(system, port.side) }),
    ).toBe('admitted')
  })

  it.each(PORTS)('%s refuses a key that nobody listed', async (name) => {
    const port = portNamed(name)

    expect(await knock(port, { pair: makeKeyPair(), serverKey: serverKey(system, port.side) })).toBe(
      'refused',
    )
  })

  it.each(PORTS)('%s refuses the keys of others, of whatever role', async (name) => {
    const port = portNamed(name)
    const strangers = strangersTo(port)
    const outcomes = await Promise.all(
      strangers.map((each) =>
        knock(port, { pair: pairOf(system, each), serverKey: serverKey(system, port.side) }),
      ),
    )

    expect(outcomes).toEqual(strangers.map(() => 'refused'))
  })

  it.each(PORTS)('%s gives nothing to a peer in the clear', async (name) => {
    const port = portNamed(name)

    expect(await knock(port)).toBe('no proof')
    expect(await knock(port, { user: 'ana', password: 'in the clear' })).toBe('no proof')
  })

  it.each(PORTS)('%s is not trusted by who expects another key there', async (name) => {
    const port = portNamed(name)
    const other = makeKeyPair().publicKey

    expect(await knock(port, { pair: pairOf(system, port.holder), serverKey: other })).toBe('no proof')
  })

  it('refusals are counted and told, without ending honest traffic', async () => {
    expect(
      await metric(system, 'broker', 'handshakes_total{port="clients",result="unknown_key"}'),
    ).toBeGreaterThan(0)
    expect(
      await metric(system, 'broker', 'handshakes_total{port="clients",result="no_proof"}'),
    ).toBeGreaterThan(0)
    expect(system.log('broker')).toContain('"audit":"refused","port":"clients"')
    await client.publish('general', 'still here')
  })

  it("ref denies an operator's report to servers, and heartbeats to operators", async () => {
    const { ref, operators } = system.ports
    const ask = (port: number, holder: string, service: string, data: object) =>
      askOnce(`tcp://127.0.0.1:${port}`, passOf(system, holder, 'back'), service, data)
    const report = { cluster: 'default/recado', term: 99, sequence: 1, wanted: ['server-1'], pods: [] }

    for (const holder of ['server', 'broker'])
      expect(await ask(ref, holder, 'members', report)).toMatchObject({ code: 'denied' })
    expect(await ask(operators, 'operator', 'rank', { name: 'server-9' })).toMatchObject({ code: 'denied' })
    expect(await ask(operators, 'operator', 'list', {})).toMatchObject({ status: 'ok' })
    expect(system.log('ref')).toContain('"audit":"denied","service":"members"')
  })
})
