import { describe, expect, it } from 'vitest'
import { Brokers } from '../../../src/server/brokers.ts'
import { type BackendHead, encode, parseBackendHead } from '../../../src/wire/index.ts'
import { quietLog } from '../../support/quiet.ts'
import { VirtualTime } from '../../support/virtual-time.ts'

const BROKER = 'tcp://127.0.0.1:1'

function setUp() {
  const world = new VirtualTime()
  const time = world.process()
  const said: BackendHead[] = []
  const requests: string[] = []
  const brokers = new Brokers({
    identity: { cluster: 'c', name: 'server-1', address: '', incarnation: 1 },
    time,
    timers: time,
    log: quietLog,
    accepting: () => true,
    toBroker: (_broker, frames) => {
      said.push(parseBackendHead(frames[0] as Uint8Array))
      return true
    },
    request: (connection, body, answer) => {
      requests.push(connection)
      answer(body)
    },
  })
  brokers.set([BROKER])
  const hear = (head: BackendHead, bodies?: Uint8Array): void =>
    brokers.receive(BROKER, bodies === undefined ? [encode(head)] : [encode(head), bodies])
  const registrations = (): number => said.filter(({ kind }) => kind === 'ready').length
  return { world, brokers, said, requests, hear, registrations }
}

describe('Brokers', () => {
  it('registers at once, and again when a broker has forgotten it', () => {
    const { hear, registrations } = setUp()
    expect(registrations()).toBe(1)
    hear({ kind: 'beat', registered: false })
    expect(registrations()).toBe(2)
  })

  it('registers again when the broker keeps naming a former registration, and not while the last is on its way', () => {
    const { world, hear, registrations } = setUp()
    hear({ kind: 'beat', registered: false })
    hear({ kind: 'beat', registered: true, session: 1 })
    expect(registrations()).toBe(2)
    world.run(1500)
    hear({ kind: 'beat', registered: true, session: 2 })
    expect(registrations()).toBe(2)
    hear({ kind: 'beat', registered: true, session: 1 })
    expect(registrations()).toBe(3)
  })

  it('serves what is meant for its present registration, and answers by tag', () => {
    const { world, said, requests, hear } = setUp()
    const bodies = Uint8Array.of(1, 2, 3)
    hear({ kind: 'requests', session: 9, tags: [7], connections: [1], lengths: [3] }, bodies)
    expect(requests).toEqual([])
    hear({ kind: 'requests', session: 1, tags: [7, 8], connections: [1, 2], lengths: [1, 2] }, bodies)
    world.run(10)
    expect(requests).toEqual([`${BROKER} 1`, `${BROKER} 2`])
    expect(said.at(-1)).toEqual({ kind: 'replies', tags: [7, 8], lengths: [1, 2] })
  })

  it.each([500, 50])(
    'leaves less than half of what a broker takes for silence between beats, looked at every %i ms',
    (ms) => {
      const { world, brokers, said } = setUp()
      const at: number[] = []
      for (let look = 0; look < 10_000 / ms; look++) {
        world.run(ms)
        const before = said.length
        brokers.beat()
        if (said.length > before) at.push(world.now)
      }

      const gaps = at.slice(1).map((each, index) => each - (at[index] as number))
      expect(Math.max(...gaps)).toBeLessThan(750)
      expect(Math.min(...gaps)).toBeGreaterThanOrEqual(250)
    },
  )

  it('drops what is malformed', () => {
    const { brokers, requests, hear } = setUp()
    hear({ kind: 'requests', session: 1, tags: [7], connections: [1], lengths: [99] }, Uint8Array.of(1))
    brokers.receive(BROKER, [Uint8Array.of(0xc1)])
    brokers.receive('tcp://elsewhere', [])
    expect(requests).toEqual([])
  })
})
