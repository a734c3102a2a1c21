import { afterEach, describe, expect, it, vi } from 'vitest'
import { PeerQueues } from '../../src/adapters/zeromq/peer-queues.ts'

const SOCKET_QUEUE = 16
const [PEER_BYTES, ALL_BYTES] = [32_000, 512_000]
const ANA = Buffer.from('ana')
const BOB = Buffer.from('bob')

afterEach(() => {
  vi.useRealTimers()
})

/** A socket that keeps some messages for each peer until the test lets that peer read. */
function setUp(most = 4096) {
  vi.useFakeTimers()
  const kept = new Map<string, Buffer[]>()
  const gone = new Set<string>()
  const read: string[] = []
  let dropped = 0
  let tries = 0
  const queues = new PeerQueues({
    send([to, frame]) {
      tries++
      const name = String(to)
      const fails = (code: string): Promise<void> => Promise.reject(Object.assign(new Error(code), { code }))
      if (gone.has(name)) return fails('EHOSTUNREACH')
      const queue = kept.get(name) ?? []
      kept.set(name, queue)
      if (queue.length >= SOCKET_QUEUE) return fails('EAGAIN')
      queue.push(frame as Buffer)
      return Promise.resolve()
    },
    most,
    mostBytes: PEER_BYTES,
    allBytes: ALL_BYTES,
    dropped: () => dropped++,
  })
  return {
    queues,
    gone,
    read,
    kept: (peer: Buffer) => kept.get(String(peer))?.length ?? 0,
    /** The peer reads all that the socket has for it. */
    reads: (peer: Buffer) => read.push(...(kept.get(String(peer)) ?? []).splice(0).map(String)),
    add(peer: Buffer, count: number, body = (index: number) => Buffer.from(String(index))) {
      for (let index = 0; index < count; index++) queues.add([peer, body(index)])
    },
    passes: (ms = 1000) => vi.advanceTimersByTimeAsync(ms),
    get dropped() {
      return dropped
    },
    get tries() {
      return tries
    },
  }
}

describe('PeerQueues', () => {
  it('gives nothing that waits for a peer which has gone to the next one of its name', async () => {
    const stage = setUp()
    stage.add(ANA, SOCKET_QUEUE + 10, (index) => Buffer.from(`first ${index}`))
    await stage.passes()
    stage.queues.forget('ana')
    stage.reads(ANA)
    stage.read.length = 0
    stage.add(ANA, 3, (index) => Buffer.from(`second ${index}`))
    await stage.passes()
    stage.reads(ANA)

    expect(stage.read).toEqual(['second 0', 'second 1', 'second 2'])
    expect(stage.dropped).toBe(0)
  })

  it('sends at once what the socket takes', () => {
    const stage = setUp()

    stage.queues.add([ANA, Buffer.from('x')])

    expect(stage.kept(ANA)).toBe(1)
  })

  it('keeps what is more for a peer that reads, in its order', async () => {
    const stage = setUp()
    stage.add(ANA, 1000)
    for (let turn = 0; turn < 100; turn++) {
      await stage.passes()
      stage.reads(ANA)
    }

    expect(stage.read).toEqual(Array.from({ length: 1000 }, (_, index) => String(index)))
    expect(stage.dropped).toBe(0)
  })

  it('lets nobody else wait for a peer that does not read', async () => {
    const stage = setUp()
    stage.add(ANA, 100)
    stage.add(BOB, SOCKET_QUEUE)
    await stage.passes(0)

    expect(stage.kept(BOB)).toBe(SOCKET_QUEUE)
  })

  it('drops what is more for one peer than may wait in bytes, or in number', async () => {
    const large = Buffer.alloc(997)
    const stage = setUp()
    stage.add(ANA, 1000, () => large)
    await stage.passes(0)
    expect(1000 - stage.dropped).toBe(SOCKET_QUEUE + 32)
    const few = setUp(10)
    few.add(ANA, 1000)
    await few.passes(0)
    expect(1000 - few.dropped).toBe(SOCKET_QUEUE + 10)
    stage.add(BOB, SOCKET_QUEUE)
    await stage.passes(0)
    expect(stage.kept(BOB)).toBe(SOCKET_QUEUE)
  })

  it('drops what is more for all than may wait, and has room again when peers are gone', async () => {
    const large = Buffer.alloc(990)
    const stage = setUp()
    const peers = Array.from({ length: 20 }, (_, index) => Buffer.from(`peer ${index}`))
    for (const peer of peers) stage.add(peer, 48, () => large)
    await stage.passes(0)
    const { dropped } = stage
    expect(20 * 32 - dropped).toBeGreaterThan(500)
    expect(20 * 32 - dropped).toBeLessThanOrEqual(517)
    for (const peer of peers) stage.gone.add(String(peer))
    await stage.passes()

    stage.add(ANA, 48, () => Buffer.alloc(997))
    await stage.passes(0)

    expect(stage.dropped).toBe(dropped)
  })

  it('tries seldom where nothing is read', async () => {
    const stage = setUp()
    stage.add(ANA, 100)
    await stage.passes(2000)
    const { tries } = stage
    await stage.passes(10_000)

    expect(stage.tries - tries).toBeLessThanOrEqual(20)
  })

  it('does nothing more when it is closed', async () => {
    const stage = setUp()
    stage.add(ANA, 100)
    await stage.passes(0)
    const { tries } = stage
    stage.queues.close()
    await stage.passes(10_000)

    expect(stage.tries).toBe(tries)
  })
})
