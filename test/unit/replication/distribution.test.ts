import { describe, expect, it } from 'vitest'
import { Distribution } from '../../../src/replication/distribution.ts'
import { Peer } from '../../../src/replication/peer.ts'
import { batchOf, operation } from '../../support/operations.ts'
import { VirtualTime } from '../../support/virtual-time.ts'

const TIMEOUT_MS = 3000

function setUp() {
  const virtual = new VirtualTime()
  const time = virtual.process()
  const peer = new Peer('b', '', 2, new Map())
  const sent = { echoes: 0, shared: 0 }
  const state = { arrives: true, hears: true }
  const distribution: Distribution = new Distribution({
    time,
    publishTo: (proxy, topic) => {
      if (topic === 'servers') {
        sent.echoes++
        virtual.schedule(1, () => distribution.echoed(proxy))
      } else sent.shared++
    },
    sendTo: () => true,
    peers: {
      all: () => [peer],
      isLive: ({ heardAt }) => time.monotonic() - heardAt < TIMEOUT_MS,
      isLate: ({ heardAt }) => time.monotonic() - heardAt > TIMEOUT_MS / 3,
    },
    ownStream: () => 'a/1',
    shared: () => ({}),
    echo: (proxy) => ({ proxy }),
  })
  distribution.setProxies(['p'])
  let seq = 0
  const distribute = (): void => {
    seq++
    const at = seq
    distribution.distribute(batchOf([operation({ origin: 'a', seq, clock: seq })]))
    virtual.schedule(5, () => {
      if (!state.arrives) return
      peer.durable.set('a/1', at)
      distribution.confirmed(peer)
    })
  }
  time.every(50, () => {
    if (state.hears) peer.heardAt = time.monotonic()
    distribution.sendEchoes()
  })
  virtual.run(100)
  sent.echoes = 0
  return { virtual, sent, state, peer, distribute }
}

describe('Distribution', () => {
  it('sends no echoes while nothing is sent and everybody is heard', () => {
    const { virtual, sent } = setUp()
    virtual.run(60_000)

    expect(sent.echoes).toBe(0)
  })

  it('sends an echo a second while batches go out', () => {
    const { virtual, sent, distribute } = setUp()
    for (let count = 0; count < 100; count++) {
      distribute()
      virtual.run(100)
    }

    expect(sent.echoes).toBe(10)
    expect(sent.shared).toBe(0)
  })

  it('knows a proxy that works when a batch has not arrived in time after a long silence', () => {
    const { virtual, sent, state, distribute } = setUp()
    virtual.run(60_000)
    state.arrives = false
    distribute()
    virtual.run(501)
    distribute()

    expect(sent.shared).toBe(1)
  })

  it('knows a proxy that works when it begins with a peer that has just been given up', () => {
    const { virtual, sent, state, distribute } = setUp()
    virtual.run(60_000)
    state.hears = false
    virtual.run(TIMEOUT_MS + 50)
    distribute()

    expect(sent.shared).toBe(1)
  })

  it('needs no proxy for a peer that was taken off', () => {
    const { virtual, sent, state, peer, distribute } = setUp()
    state.hears = false
    peer.removed = true
    virtual.run(60_000)
    expect(sent.echoes).toBe(0)

    for (let count = 0; count < 10; count++) {
      distribute()
      virtual.run(1000)
    }
    expect(sent.shared).toBe(0)
  })

  it('keeps asking whether proxies work while a peer is not heard', () => {
    const { virtual, sent, state } = setUp()
    state.hears = false
    virtual.run(60_000)

    expect(sent.echoes).toBeGreaterThanOrEqual(55)
  })
})
