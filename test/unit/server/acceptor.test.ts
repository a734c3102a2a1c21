import { describe, expect, it } from 'vitest'
import { LamportClock } from '../../../src/clocks/index.ts'
import { Acceptor } from '../../../src/server/acceptor.ts'
import type { Store } from '../../../src/store/index.ts'
import type { Batch } from '../../../src/wire/index.ts'
import { VirtualTime } from '../../support/virtual-time.ts'

function setUp() {
  const world = new VirtualTime()
  const appended: number[] = []
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
  })
  return { world, appended, acceptor }
}

describe('Acceptor', () => {
  it('puts what one turn brought into one batch', async () => {
    const { world, appended, acceptor } = setUp()
    for (const id of ['1', '2', '3'])
      acceptor.accept({ kind: 'publish', id, user: 'ana', target: 'news', message: 'hi' })
    expect(appended).toEqual([])
    await world.advance(1)

    expect(appended).toEqual([3])
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
