import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Client } from '../../src/client/index.ts'
import { complete, connectTo, equalFiles, heldBy, Load, told, until } from '../support/load.ts'
import { Recorder } from '../support/recorder.ts'
import { startSystem, type TestSystem } from '../support/system.ts'

const OFFSETS: Readonly<Record<string, string>> = { 'server-1': '5000', 'server-2': '0', 'server-3': '-3000' }
const SPREAD_MS = 5
const ROUNDS = 10
const TEST_MS = 60_000

let system: TestSystem

beforeAll(async () => {
  system = await startSystem({
    env: (name) => (OFFSETS[name] === undefined ? {} : { CLOCK_OFFSET_MS: OFFSETS[name] }),
  })
  await system.ready()
}, TEST_MS)

afterAll(() => system.stop())

interface Reading {
  /** The server's corrected time less this machine's, measured by the quickest of several answers. */
  readonly aheadMs: number
  readonly roundTripMs: number
  readonly round: number
}

/** Asks by connections of their own, which the broker spreads over the servers, until each has answered some times. */
async function readClocks(clients: readonly Client[]): Promise<ReadonlyMap<string, Reading>> {
  const readings = new Map<string, Reading>()
  for (let times = 0; times < 5; times++) {
    for (const client of clients) {
      const began = performance.now()
      const view = await client.status()
      const ended = performance.now()
      const roundTripMs = ended - began
      const name = String(view['name'])
      if (roundTripMs >= (readings.get(name)?.roundTripMs ?? Number.POSITIVE_INFINITY)) continue
      const here = performance.timeOrigin + (began + ended) / 2
      const { round } = view['synchronisation'] as { round: number }
      readings.set(name, { aheadMs: Number(view['time']) - here, roundTripMs, round })
    }
  }
  return readings
}

it(
  'servers whose clocks are set apart agree within ten rounds, and no time of an operation goes back',
  async () => {
    const recorder = new Recorder()
    const load = new Load(system, recorder)
    const clients = await Promise.all(Array.from({ length: 6 }, () => connectTo(system)))
    // Before the load: who comes to servers with nothing to do is spread over them evenly, and stays where it is.
    expect((await readClocks(clients)).size).toBe(3)
    await load.start()
    let rounds = 0
    await until(40_000, async () => {
      const readings = [...(await readClocks(clients)).values()]
      const ahead = readings.map(({ aheadMs }) => aheadMs)
      rounds = Math.max(...readings.map(({ round }) => round))
      const agree = readings.length === 3 && Math.max(...ahead) - Math.min(...ahead) <= SPREAD_MS
      return agree || `in round ${rounds} the servers were ahead by ${ahead.join(', ')} ms`
    })
    await Promise.all(clients.map((client) => client.close()))

    expect(rounds).toBeLessThanOrEqual(ROUNDS)
    await load.stopWriting()
    await until(20_000, () => complete(system, recorder))
    await until(20_000, () => told(system, recorder))
    expect(recorder.tally(heldBy(system) ?? [])).toMatchObject({
      unknown: 0,
      lost: [],
      doubled: [],
      misplaced: [],
    })
    expect(timesThatGoBack()).toEqual([])
    await load.close()
  },
  TEST_MS,
)

/** Operations that are older, by their timestamp, than one of the same incarnation before them. */
function timesThatGoBack(): unknown[] {
  const operations = (equalFiles(system) ?? []).toSorted((a, b) => a.seq - b.seq)
  expect(new Set(operations.map(({ origin }) => origin)).size).toBe(3)
  const latest = new Map<string, number>()
  return operations.filter(({ origin, incarnation, timestamp }) => {
    const stream = `${origin}/${incarnation}`
    const before = latest.get(stream) ?? 0
    latest.set(stream, Math.max(before, timestamp))
    return timestamp < before
  })
}
