import { describe, expect, it } from 'vitest'
import { Membership, type Report } from '../../../src/operator/membership/index.ts'
import type { Dealer, Pass } from '../../../src/ports/index.ts'
import { decode, encode, PEER_LIMITS } from '../../../src/wire/index.ts'
import { quietLog } from '../../support/quiet.ts'
import { VirtualTime } from '../../support/virtual-time.ts'

type Data = Record<string, unknown>
const REF = 'tcp://10.0.0.9:5559'
const report = (wanted: readonly string[], ready = true): Report => ({
  wanted,
  pods: [{ name: 'a', role: 'server', uid: 'u', ip: '10.0.0.1', ready, terminating: false }],
})

/** A ref that answers as it is told to, and what it was sent. */
class Bench {
  readonly world = new VirtualTime()
  readonly sent: { address: string; term: number; sequence: number; wanted: string[]; pods: Data[] }[] = []
  readonly open = new Set<string>()
  readonly passes: (Pass | undefined)[] = []
  pass: Pass | undefined
  /** What a ref answers otherwise than the others, by its address. */
  readonly lists = new Map<string, Data>()
  opened = 0
  changes = 0
  term = 1
  confirmed: number | undefined = 1
  isSilent = false
  members: (term: number, sequence: number) => Data = () => ({ status: 'ok' })
  list: Data = { status: 'ok', servers: [], brokers: [], proxies: [], coordinator: 'a', epoch: 3 }
  readonly membership: Membership

  constructor() {
    const time = this.world.process()
    this.membership = new Membership({
      cluster: 'talk/chat',
      openDealer: (address, pass) => {
        this.passes.push(pass)
        return this.#dealer(address)
      },
      pass: () => this.pass,
      time,
      timers: time,
      log: quietLog,
      term: () => this.term,
      confirmTerm: async () => this.confirmed,
      onChange: () => this.changes++,
    })
  }

  #dealer(address: string): Dealer {
    this.opened++
    this.open.add(address)
    let receive: (frames: Uint8Array[]) => void = () => {}
    return {
      send: (frames) => {
        const [members, list] = decode(frames.at(-1) as Uint8Array, PEER_LIMITS) as [
          Data & { data: Data },
          Data,
        ]
        const { term, sequence, wanted, pods } = members.data as Bench['sent'][number]
        this.sent.push({ address, term, sequence, wanted, pods })
        if (this.isSilent) return true
        const reply = (to: Data, data: Data): Data => ({
          service: to['service'],
          id: to['id'],
          clock: 1,
          timestamp: 1,
          data,
        })
        const body = encode([
          reply(members, this.members(term, sequence)),
          reply(list, this.lists.get(address) ?? this.list),
        ])
        this.world.schedule(5, () => receive([new Uint8Array(), body]))
        return true
      },
      receive: (handler) => {
        receive = handler
      },
      close: async () => {
        this.open.delete(address)
      },
    }
  }
}

describe('Membership', () => {
  it('tells ref at once what is new, and the same again every two seconds', () => {
    const bench = new Bench()
    bench.membership.tell(report(['a']), [REF])
    bench.membership.tell(report(['a']), [REF])
    expect(bench.sent).toHaveLength(1)
    bench.membership.tell(report(['a'], false), [REF])
    expect(bench.sent.map(({ sequence }) => sequence)).toEqual([1, 2])
    bench.world.run(4001)
    expect(bench.sent.map(({ sequence }) => sequence)).toEqual([1, 2, 2, 2])
  })

  it('tells every ref, a new one as soon as it has an address, and leaves one that is gone', () => {
    const bench = new Bench()
    bench.membership.tell(report(['a']), [REF])
    bench.membership.tell(report(['a']), [REF, 'tcp://10.0.0.8:5559'])
    expect(bench.sent.map(({ address }) => address)).toEqual([REF, 'tcp://10.0.0.8:5559'])
    bench.membership.tell(report(['a']), ['tcp://10.0.0.8:5559'])
    expect([...bench.open]).toEqual(['tcp://10.0.0.8:5559'])
  })

  it('gives what ref said after the report, for as long as it is fresh, and says when that changes', () => {
    const bench = new Bench()
    bench.membership.tell(report(['a']), [REF])
    expect(bench.membership.view).toBeUndefined()
    bench.world.run(10)
    expect(bench.membership.view).toMatchObject({ coordinator: 'a', epoch: 3, report: { wanted: ['a'] } })
    expect(bench.changes).toBe(1)
    bench.isSilent = true
    bench.world.run(5000)
    expect(bench.membership.view).toBeDefined()
    bench.world.run(4000)
    expect(bench.membership.view).toBeUndefined()
    expect(bench.changes).toBe(2)
  })

  it('believes the ref that knows the newest list', () => {
    const bench = new Bench()
    bench.membership.tell(report(['a']), [REF])
    bench.world.run(10)
    bench.list = { ...bench.list, epoch: 0, coordinator: '' }
    bench.membership.tell(report(['a']), [REF, 'tcp://10.0.0.8:5559'])
    bench.world.run(10)
    expect(bench.membership.view?.epoch).toBe(3)
  })

  it('shows refs the pass that it has when it opens a link to them', () => {
    const bench = new Bench()
    bench.membership.tell(report(['a']), [REF])
    const pass = { pair: { publicKey: '', secretKey: '' }, trusted: [], onChange: () => () => {} }
    bench.pass = pass
    bench.membership.tell(report(['a']), ['tcp://10.0.0.9:5562'])
    expect(bench.passes).toEqual([undefined, pass])
  })

  it('tells what keys are read by what any ref says, and of two words about one process the lower', () => {
    const bench = new Bench()
    const other = 'tcp://10.0.0.8:5559'
    bench.lists.set(other, { ...bench.list, epoch: 2, keys: { 'server/a': 3, 'ref/r2': 4, 'proxy/p': 4 } })
    bench.list = { ...bench.list, keys: { 'server/a': 4, 'ref/r1': 4 } }
    bench.membership.tell(report(['a']), [REF, other])
    bench.world.run(10)
    expect(bench.membership.view).toMatchObject({
      epoch: 3,
      keys: { 'server/a': 3, 'ref/r1': 4, 'ref/r2': 4, 'proxy/p': 4 },
    })
  })

  it('says when other keys are read', () => {
    const bench = new Bench()
    bench.list = { ...bench.list, keys: { 'server/a': 3 } }
    bench.membership.tell(report(['a']), [REF])
    bench.world.run(10)
    expect(bench.changes).toBe(1)
    bench.world.run(4000)
    expect(bench.changes).toBe(1)
    bench.list = { ...bench.list, keys: { 'server/a': 4 } }
    bench.world.run(2000)
    expect(bench.changes).toBe(2)
    expect(bench.membership.view?.keys).toEqual({ 'server/a': 4 })
  })

  it('has four reports under way at most, and makes a link anew that has become useless', () => {
    const bench = new Bench()
    bench.isSilent = true
    bench.membership.tell(report(['a']), [REF])
    for (let count = 0; count < 20; count++) bench.membership.tell(report([`s${count}`]), [REF])
    expect(bench.sent).toHaveLength(4)
    bench.world.run(8000)
    expect(bench.opened).toBeGreaterThan(1)
    bench.isSilent = false
    bench.world.run(4000)
    expect(bench.membership.view).toMatchObject({ report: { wanted: ['s19'] } })
  })

  const stale = (known: { term: number; sequence: number }) => (term: number, sequence: number) => {
    const isOld = term < known.term || (term === known.term && sequence < known.sequence)
    return isOld
      ? { status: 'error', code: 'stale', message: 'seen', retryable: false, ...known }
      : { status: 'ok' }
  }

  it('goes on from the newest report that ref has seen, if the Lease is still its own', async () => {
    const bench = new Bench()
    bench.members = stale({ term: 7, sequence: 40 })
    bench.membership.tell(report(['a']), [REF])
    bench.world.run(10)
    await bench.world.drain()
    expect(bench.sent.at(-1)).toMatchObject({ term: 7, sequence: 41 })
    bench.world.run(10)
    expect(bench.membership.view).toBeDefined()
  })

  it('says no more than it did when another operator has the Lease', async () => {
    const bench = new Bench()
    bench.members = stale({ term: 7, sequence: 40 })
    bench.confirmed = undefined
    bench.membership.tell(report(['a']), [REF])
    bench.world.run(3000)
    await bench.world.drain()
    expect(bench.sent.every(({ term }) => term === 1)).toBe(true)
    expect(bench.membership.view).toBeUndefined()
  })

  it('closes its links when it stops, and says nothing more', async () => {
    const bench = new Bench()
    bench.membership.tell(report(['a']), [REF])
    await bench.membership.stop()
    bench.world.run(10_000)
    expect(bench.open.size).toBe(0)
    expect(bench.sent).toHaveLength(1)
  })

  it('opens no link again for who tells it something after it has stopped', async () => {
    const bench = new Bench()
    bench.membership.tell(report(['a']), [REF])
    await bench.membership.stop()
    bench.membership.tell(report(['b']), [REF])
    bench.world.run(10_000)
    expect(bench.open.size).toBe(0)
    expect(bench.sent).toHaveLength(1)
  })
})
