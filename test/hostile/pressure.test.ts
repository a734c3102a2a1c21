import { afterAll, beforeAll, expect, it } from 'vitest'
import { connectTo, until } from '../support/load.ts'
import { send } from '../support/raw.ts'
import { startSystem, type TestSystem } from '../support/system.ts'
import { FLOODS, type Flood, Flooder } from './flood.ts'
import { Memory } from './memory.ts'
import { changePage, type Pressure, withPressure } from './page.ts'
import { FULL } from './size.ts'
import { pause, Witness } from './witness.ts'
import { framed, GREETING, RawConnection } from './zmtp.ts'

/** Open and idle all at once; beside them half as many more that do not finish their handshake. */
const CONNECTIONS = FULL ? 5000 : 1000
/** Some more: on a busy machine one may be cut off that went on before it was greeted back. */
const OPENED = CONNECTIONS * 1.04
const OPENED_AT_ONCE = 100
const FLOODED_MS = FULL ? 2000 : 1000
const ROUNDS = FULL ? 3 : 1
const SOME: readonly Flood[] = FULL
  ? (Object.keys(FLOODS) as Flood[])
  : ['publications, one by one', 'small malformed bodies', 'bodies of 1 MB']
/** What one request of a hundred takes with the flood, over what it takes without. The short run only sees starvation. */
const RATIO_MAX = FULL ? 2 : 20
/** No process may have more of its own memory than this under any of these. */
const MEMORY_MIB = 512
const TEST_MS = FULL ? 300_000 : 60_000
/** Large publications while subscribers do not read: of each of those that talk at once. */
const TALKERS = 10
const FRAMES = FULL ? 200 : 30
const CLOCKS_PER_MS = 1000

let system: TestSystem
let witness: Witness
let memory: Memory
let pids: (number | undefined)[]
const measured: Pressure[] = []

beforeAll(async () => {
  system = await startSystem({ servers: 3, env: { LOG_LEVEL: 'warn' } })
  await system.ready()
  const mallory = await connectTo(system, 'mallory')
  await mallory.createChannel('den')
  for (let page = 0; page < 200; page++) await mallory.message('mallory', 'y'.repeat(700))
  await mallory.close()
  witness = await Witness.start(system)
  memory = new Memory(system)
  pids = system.processes.map(({ pid }) => pid)
}, 60_000)

afterAll(async () => {
  memory.close()
  await witness.close()
  await system.stop()
  // A run of a part says nothing of the rest.
  if (FULL && measured.length === SOME.length + 1)
    changePage((page) => withPressure(page, measured, ROUNDS, RATIO_MAX))
})

async function expectWell(): Promise<void> {
  expect(await witness.check(30_000)).toEqual({ twice: [], failures: [] })
  await system.ready()
  expect(system.processes.map(({ pid }) => pid)).toEqual(pids)
  expect(system.log()).not.toMatch(/uncaught|unhandled|out of memory/i)
  expect([...memory.take()].filter(([, most]) => most > MEMORY_MIB)).toEqual([])
}

function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN
}

/** Keeps what was measured for the page; the memory of the process that had most since the last time. */
function measure(result: Omit<Pressure, 'memory'>): number {
  const most = Math.max(0, ...memory.take().values())
  measured.push({ ...result, memory: most })
  return most
}

it.each(SOME)(
  'a client that keeps the rules is served beside one that floods: %s',
  async (flood) => {
    const first: number[] = []
    const lasting: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      const p99 = async (): Promise<number> => quantile(await witness.sayUntil(pause(FLOODED_MS), 2), 0.99)
      const alone = await p99()
      const flooder = await Flooder.start({ port: system.ports.clients, flood })
      first.push((await p99()) / alone)
      lasting.push((await p99()) / alone)
      expect(await flooder.stop()).toBeGreaterThan(0)
    }
    const [atFirst, later] = [quantile(first, 0.5), quantile(lasting, 0.5)]
    const most = measure({ what: flood, first: atFirst, lasting: later })
    expect(most).toBeLessThan(MEMORY_MIB)
    expect(Math.max(atFirst, later)).toBeLessThan(RATIO_MAX)
  },
  TEST_MS,
)

/** Opens so many, some at a time, each in its own way. */
async function openMany(
  count: number,
  open: (number: number) => Promise<RawConnection>,
): Promise<RawConnection[]> {
  const opened: RawConnection[] = []
  while (opened.length < count) {
    const some = Math.min(OPENED_AT_ONCE, count - opened.length)
    opened.push(...(await Promise.all(Array.from({ length: some }, (_, index) => open(index)))))
  }
  return opened
}

/** One that has shaken hands as a client or as a subscriber, and says nothing more. */
async function greeted(number: number): Promise<RawConnection> {
  const isClient = number % 2 === 0
  const raw = await RawConnection.open(isClient ? system.ports.clients : system.ports.subscribers)
  await raw.greet(isClient ? 'DEALER' : 'SUB')
  return raw
}

/** One that never begins to speak, or stops within the greeting. */
async function speechless(number: number): Promise<RawConnection> {
  const raw = await RawConnection.open(number % 2 === 0 ? system.ports.clients : system.ports.subscribers)
  if (number % 4 >= 2) await raw.write(GREETING.subarray(0, 20))
  return raw
}

/** What one request of a hundred takes beside idle connections, over what it takes without; how many of those stayed open. */
async function besideIdle(): Promise<{ ratio: number; open: number }> {
  const alone = await witness.sayUntil(pause(FLOODED_MS), 2)
  const idle = await openMany(OPENED, greeted)
  const unfinished = await openMany(CONNECTIONS / 2, speechless)
  const beside = await witness.sayUntil(pause(FLOODED_MS), 2)
  // Who did not end the handshake is cut off, and nobody else.
  await until(20_000, () => unfinished.every(({ isOpen }) => !isOpen) || 'some are still open')
  const open = idle.filter(({ isOpen }) => isOpen).length
  for (const raw of idle) raw.destroy()
  return { ratio: quantile(beside, 0.99) / quantile(alone, 0.99), open }
}

it(
  `a client that keeps the rules is served beside ${CONNECTIONS} connections that say nothing`,
  async () => {
    const ratios: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      const { ratio, open } = await besideIdle()
      expect(open).toBeGreaterThanOrEqual(CONNECTIONS)
      ratios.push(ratio)
    }
    const ratio = quantile(ratios, 0.5)
    const what = `${OPENED.toLocaleString('en-US')} idle connections`
    expect(measure({ what, first: undefined, lasting: ratio })).toBeLessThan(MEMORY_MIB)
    expect(ratio).toBeLessThan(RATIO_MAX)
    await expectWell()
  },
  TEST_MS,
)

it(
  'subscribers that never read cost the proxy a bounded number of bytes, and others nothing',
  async () => {
    const stopped = await Promise.all(
      Array.from({ length: 2 }, () => RawConnection.open(system.ports.subscribers, { reads: false })),
    )
    for (const raw of stopped) {
      await raw.greet('SUB')
      await raw.write(framed([Buffer.from('\x01channel/den/')]))
    }
    const talker = await connectTo(system, 'talker')
    memory.take()
    const alone = memory.take().get('proxy') ?? 0
    const message = Buffer.alloc(200_000, 1)
    const talk = async (): Promise<void> => {
      for (let number = 0; number < FRAMES; number++) await talker.publish('den', message)
    }
    await witness.sayUntil(Promise.all(Array.from({ length: TALKERS }, talk)), 10)
    await talker.close()
    const most = memory.take().get('proxy') ?? 0
    for (const raw of stopped) raw.destroy()

    // What waits for them is there, partly in memory that others before them have left, and no more of it than is allowed.
    expect(most).toBeGreaterThan(alone + 10)
    expect(most).toBeLessThan(MEMORY_MIB)
    await expectWell()
  },
  TEST_MS,
)

it(
  'no client moves the Lamport clock beyond 1,000 times the time',
  async () => {
    const limit = Date.now() * CLOCKS_PER_MS
    const ahead = [limit + 3_600_000_000, 2 ** 52, Number.MAX_SAFE_INTEGER]
    const data = { user: 'mallory', channel: 'den', to: 'mallory', message: 'late', limit: 1 }
    const services = ['login', 'users', 'channel', 'channels', 'publish', 'message', 'history', 'status']
    const bodies = ahead.flatMap((clock, place) =>
      services.map((service) => ({ service, id: `${service}-${place}`, clock, timestamp: 1, data })),
    )
    const singly = await send(system.brokerAddress, [...bodies, ...bodies])
    const batched = await send(system.brokerAddress, [bodies], 1)
    const toRef = await send(
      system.refAddress,
      bodies.map((body) => ({ ...body, service: 'list' })),
    )
    const answers = [...singly, ...(batched as unknown as (typeof singly)[]).flat(), ...toRef]
    expect(answers).toHaveLength(bodies.length * 4)
    expect(answers.filter(({ data: { code } }) => code !== 'bad_request')).toEqual([])
    // A clock at the limit is taken; the server may have to put that on its disk first.
    const allowed = { service: 'publish', id: 'allowed', clock: limit, timestamp: 1, data }
    await until(10_000, async () => {
      const [answer] = await send(system.brokerAddress, [allowed])
      return answer?.data.status === 'ok' || JSON.stringify(answer)
    })
    await witness.say()
    for (const { name } of system.processes.filter((each) => each.name.startsWith('server-'))) {
      const { text } = await system.http(name, '/metrics')
      const clock = Number(/^recado_lamport_clock (\S+)$/m.exec(text)?.[1])
      expect(clock).toBeGreaterThan(0)
      expect(clock).toBeLessThanOrEqual(Date.now() * CLOCKS_PER_MS)
    }
    await expectWell()
  },
  TEST_MS,
)
