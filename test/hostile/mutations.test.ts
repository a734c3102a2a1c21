import { afterAll, beforeAll, expect, it } from 'vitest'
import { connectTo, until } from '../support/load.ts'
import { startSystem, type TestSystem } from '../support/system.ts'
import type { Target } from './attack.ts'
import { attackFromOutside, type Tally } from './attacker.ts'
import { Memory } from './memory.ts'
import { WAYS } from './mutation.ts'
import { changePage, withMessages } from './page.ts'
import { FULL, SEED } from './size.ts'
import { Witness } from './witness.ts'

/** At each of the ports for ZeroMQ: eight of them, and the broker's again by strangers that are registered there. */
const MESSAGES = FULL ? 14_000 : 600
/** At each of the six for HTTP. */
const SCRAWLS = FULL ? 8000 : 600
/** Messages of ZeroMQ that differ from a valid one. */
const CHANGED_MIN = FULL ? 100_000 : 3500
/** The part of them that name the attacked cluster, so that they are read to their end. */
const OWN_MIN = 0.25
const CLOCKS_PER_MS = 1000
/** No process may have more of its own memory than this while it is attacked. */
const MEMORY_MIB = 300
const TEST_MS = FULL ? 900_000 : 360_000
/** Of the test: most of it, for a machine that is busy with other tests. */
const ATTACK_MS = (TEST_MS / 4) * 3

let system: TestSystem
let witness: Witness
let memory: Memory

beforeAll(async () => {
  system = await startSystem({ servers: 3, clients: 1 })
  await system.ready()
  witness = await Witness.start(system)
  memory = new Memory(system)
}, 60_000)

afterAll(async () => {
  memory.close()
  await witness.close()
  await system.stop()
})

function targets(): Target[] {
  const { clients, servers, publishers, subscribers, ref, peers } = system.ports
  return [
    { kind: 'clients', port: clients },
    { kind: 'servers', port: servers },
    { kind: 'publishers', port: publishers },
    { kind: 'subscribers', port: subscribers },
    { kind: 'ref', port: ref },
    ...peers.map((port): Target => ({ kind: 'peers', port })),
  ]
}

/** Everything at once; then, when nobody else's requests would go astray, what registered strangers say to the broker. */
async function attackAll(): Promise<readonly Tally[]> {
  const { clients, servers, http } = system.ports
  const order = { messages: MESSAGES, seed: SEED, deadlineMs: ATTACK_MS }
  const web = http.slice(0, system.processes.length - 1).map((port): Target => ({ kind: 'http', port }))
  const [tallies, scrawled] = await Promise.all([
    attackFromOutside({ ...order, targets: targets() }),
    attackFromOutside({ ...order, messages: SCRAWLS, seed: SEED + 100, targets: web }),
  ])
  const registered = await attackFromOutside({
    ...order,
    seed: SEED + 200,
    targets: [{ kind: 'servers', port: servers, clients }],
  })
  return [...tallies, ...registered, ...scrawled]
}

/** The sum of a process's counters whose lines begin so. */
async function counted(process: string, beginning: RegExp): Promise<number> {
  let text = ''
  // Strangers may hold all its HTTP connections for a while.
  await until(20_000, async () => {
    text = (await system.http(process, '/metrics').catch(() => ({ text: '' }))).text
    return text !== ''
  })
  const lines = text.split('\n').filter((line) => beginning.test(line))
  return sum(lines.map((line) => Number(line.slice(line.lastIndexOf(' ')))))
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}

it(
  `every process survives messages wrong in every way at each of its ports (HOSTILE_SEED=${SEED})`,
  async () => {
    const mallory = await connectTo(system, 'mallory')
    await mallory.createChannel('den')
    await mallory.close()
    const pids = system.processes.map(({ pid }) => pid)

    const attacks = attackAll()
    await witness.sayUntil(attacks, 10)

    const tallies = await attacks
    const web = tallies.filter(({ kind }) => kind === 'http')
    for (const { ways } of web) expect(ways).toEqual({ raw: SCRAWLS })
    for (const { ways } of tallies.filter((tally) => !web.includes(tally))) {
      expect(sum(Object.values(ways))).toBeGreaterThanOrEqual(MESSAGES)
      expect(Object.keys(ways).toSorted()).toEqual([...WAYS, 'raw'].toSorted())
    }
    expect(sum(tallies.map(({ changed }) => changed))).toBeGreaterThanOrEqual(CHANGED_MIN)
    expect(sum(tallies.map(({ own }) => own))).toBeGreaterThanOrEqual(CHANGED_MIN * OWN_MIN)
    // They did get through to the cores, rather than end at the sockets.
    const refused = {
      servers: await counted('server-1', /^recado_replication_refused_messages_total/),
      broker: await counted('broker', /^recado_broker_refused_total/),
      proxy: await counted('proxy', /^recado_proxy_dropped_total/),
      ref: await counted('ref', /^recado_ref_requests_total.*"bad_request"/),
    }
    expect(Object.entries(refused).filter(([, count]) => count < MESSAGES / 20)).toEqual([])
    // And met no fault there: what is malformed is a bad request.
    const servers = ['server-1', 'server-2', 'server-3']
    const faults = [
      ...(await Promise.all(servers.map((name) => counted(name, /^recado_requests_total.*"internal"/)))),
      await counted('ref', /^recado_ref_requests_total.*"internal"/),
    ]
    expect(faults).toEqual([0, 0, 0, 0])
    const clocks = await Promise.all(servers.map((name) => counted(name, /^recado_lamport_clock /)))
    expect(clocks.filter((clock) => clock < 1 || clock > Date.now() * CLOCKS_PER_MS)).toEqual([])
    expect(await witness.check(20_000)).toEqual({ twice: [], failures: [] })
    await system.ready()
    expect(system.processes.map(({ pid }) => pid)).toEqual(pids)
    expect(system.log()).not.toMatch(/uncaught|unhandled|out of memory/i)
    expect([...memory.take()].filter(([, most]) => most > MEMORY_MIB)).toEqual([])
    if (FULL) changePage((page) => withMessages(page, tallies, SEED))
  },
  TEST_MS,
)
