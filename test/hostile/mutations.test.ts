import { afterAll, beforeAll, expect, it } from 'vitest'
import { connectTo, until } from '../support/load.ts'
import { startSystem, type TestSystem } from '../support/system.ts'
import type { Target } from './attack.ts'
import { attackFromOutside } from './attacker.ts'
import { Memory } from './memory.ts'
import { WAYS } from './mutation.ts'
import { FULL, SEED } from './size.ts'
import { Witness } from './witness.ts'

/** At each of the ports: fourteen of them. */
const MESSAGES = FULL ? 8000 : 600
/** No process may have more of its own memory than this while it is attacked. */
const MEMORY_MIB = 300
const TEST_MS = FULL ? 600_000 : 180_000

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
  const { clients, servers, publishers, subscribers, ref, peers, http } = system.ports
  return [
    { kind: 'clients', port: clients },
    { kind: 'servers', port: servers },
    { kind: 'publishers', port: publishers },
    { kind: 'subscribers', port: subscribers },
    { kind: 'ref', port: ref },
    ...peers.map((port): Target => ({ kind: 'peers', port })),
    ...http.slice(0, system.processes.length - 1).map((port): Target => ({ kind: 'http', port })),
  ]
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

    const attacks = attackFromOutside({
      targets: targets(),
      messages: MESSAGES,
      seed: SEED,
      deadlineMs: TEST_MS / 2,
    })
    await witness.sayUntil(attacks, 10)

    const tallies = await attacks
    for (const { ways } of tallies) expect(sum(Object.values(ways))).toBeGreaterThanOrEqual(MESSAGES)
    for (const { ways } of tallies.filter(({ kind }) => kind !== 'http')) {
      expect(Object.keys(ways).toSorted()).toEqual([...WAYS, 'raw'].toSorted())
    }
    // They did get through to the cores, rather than end at the sockets.
    const refused = {
      servers: await counted('server-1', /^recado_replication_refused_messages_total/),
      broker: await counted('broker', /^recado_broker_refused_total/),
      proxy: await counted('proxy', /^recado_proxy_dropped_total/),
      ref: await counted('ref', /^recado_ref_requests_total.*"bad_request"/),
    }
    expect(Object.entries(refused).filter(([, count]) => count < MESSAGES / 20)).toEqual([])
    expect(await witness.check(20_000)).toEqual({ twice: [], failures: [] })
    await system.ready()
    expect(system.processes.map(({ pid }) => pid)).toEqual(pids)
    expect(system.log()).not.toMatch(/uncaught|unhandled|out of memory/i)
    expect([...memory.take()].filter(([, most]) => most > MEMORY_MIB)).toEqual([])
  },
  TEST_MS,
)
