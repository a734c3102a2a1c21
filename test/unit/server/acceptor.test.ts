import { describe, expect, it } from 'vitest'
import { LamportClock } from '../../../src/clocks/index.ts'
import { Acceptor } from '../../../src/server/acceptor.ts'
import type { Store } from '../../../src/store/index.ts'
import type { Batch } from '../../../src/wire/index.ts'
import { VirtualTime } from '../../support/virtual-time.ts'

function setUp() {
  const world = new VirtualTime()
  const appended: number[] = []
  const held = { confirmed: Number.POSITIVE_INFINITY }
  const store = {
    append({ count }: Batch) {
      appended.push(count)
      return 'appended'
    },
  }
  const acceptor = new Acceptor({
    identity: { cluster: 'test', name: 'a', address: '', incarnation: 1 },
    lamport: new LamportClock(),
    store: store as unknown as Store,
    timers: world.process(),
    now: () => 0,
    distribute: () => {},
    confirmed: () => held.confirmed,
  })
  const say = (...ids: readonly string[]): void => {
    for (const id of ids) acceptor.accept({ kind: 'publish', id, user: 'ana', target: 'news', message: 'hi' })
  }
  return { world, appended, acceptor, held, say }
}

describe('Acceptor', () => {
  it('puts what one turn brought into one batch', async () => {
    const { world, appended, say } = setUp()
    say('1', '2', '3')
    expect(appended).toEqual([])
    await world.advance(1)

    expect(appended).toEqual([3])
  })

  it('gathers what comes while a batch is under way, and sends it once that is confirmed', async () => {
    const { world, appended, acceptor, held, say } = setUp()
    held.confirmed = 0
    say('1')
    await world.advance(1)
    say('2')
    await world.advance(1)
    say('3')
    await world.advance(1)
    expect(appended).toEqual([1])
    held.confirmed = 1
    acceptor.advance()

    expect(appended).toEqual([1, 2])
  })

  it('lets nothing wait longer than 5 ms for a confirmation', async () => {
    const { world, appended, held, say } = setUp()
    held.confirmed = 0
    say('1')
    await world.advance(1)
    say('2')
    await world.advance(4)
    expect(appended).toEqual([1])
    await world.advance(3)

    expect(appended).toEqual([1, 1])
  })

  it('gathers as long again after a confirmation', async () => {
    const { world, appended, acceptor, held, say } = setUp()
    held.confirmed = 0
    say('1')
    await world.advance(1)
    say('2')
    await world.advance(4)
    held.confirmed = 1
    acceptor.advance()
    say('3')
    await world.advance(4)
    expect(appended).toEqual([1, 1])
    await world.advance(2)

    expect(appended).toEqual([1, 1, 1])
  })

  it('sends what makes a full batch at once, whatever is under way', async () => {
    const { world, appended, held, say } = setUp()
    held.confirmed = 0
    say('1')
    await world.advance(1)
    say(...Array.from({ length: 600 }, (_, index) => `more ${index}`))

    expect(appended).toEqual([1, 512])
  })

  it.each(['private', 'invite', 'leave', 'secret', 'change'] as const)(
    'has the store know of %s before anything else is judged: it says who may use the channel',
    (kind) => {
      const { appended, acceptor } = setUp()
      acceptor.accept({ kind: 'publish', id: '1', user: 'ana', target: 'news', message: 'hi' })
      acceptor.accept({
        kind,
        id: '2',
        user: 'ana',
        target: 'board',
        ...(kind !== 'leave' && { message: 'bob' }),
      })

      expect(appended).toEqual([2])
    },
  )
})
