import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Store } from '../../../src/store/index.ts'
import { Secrets } from '../../../src/store/secrets.ts'
import {
  type Operation,
  positionName,
  renderFirstSecret,
  renderSecretChange,
} from '../../../src/wire/index.ts'
import { batchOf, operation } from '../../support/operations.ts'
import { openTestStore } from '../../support/store.ts'

function append(store: Store, ...operations: Operation[]): string {
  return store.append(batchOf(operations))
}

const a = (seq: number, clock: number, more: Partial<Operation> = {}): Operation =>
  operation({ origin: 'a', seq, clock, ...more })
const b = (seq: number, clock: number, more: Partial<Operation> = {}): Operation =>
  operation({ origin: 'b', seq, clock, ...more })

describe('Store', () => {
  it("keeps what checks a user's secret, and shows it in no file and no history", () => {
    const { store, disk, world } = openTestStore()
    const secret = { kind: 'secret', user: 'ana', target: '', message: 'the verifier' } as const
    append(store, a(1, 10, secret), a(2, 11))
    world.run(10)
    store.finalise(11)
    world.run(5000)
    const at = store.secretOf('ana')?.secret
    const visible = new Map([['a/1', 2]])
    const page = store.history({ user: 'ana', after: new Map(), visible, limit: 10, bytes: 1000 })

    expect(at).toEqual({ clock: 10, origin: 'a', incarnation: 1, seq: 1 })
    expect(store.read('a/1', 1)?.message).toBe('the verifier')
    expect(store.users()).toEqual(['ana'])
    expect(page.messages).toEqual([])
    for (const file of ['publications.jsonl', 'messages.jsonl', 'registry.json']) {
      expect(String(disk.files().read(file, 0, 10_000))).not.toContain('verifier')
    }
  })

  it('lets the first in the order set a secret, whichever came first here', () => {
    const { store } = openTestStore()
    const secret = { kind: 'secret', user: 'ana', target: '' } as const
    append(store, a(1, 10, { ...secret, message: 'later' }))
    append(store, b(1, 9, { ...secret, message: 'earlier' }))

    expect(store.secretOf('ana')?.secret).toMatchObject({ origin: 'b' })
  })

  it('lets the last change of a secret in the order count, whichever came last here', () => {
    const { store, disk, world } = openTestStore()
    const about = { user: 'ana', target: '' } as const
    append(store, b(1, 30, { ...about, kind: 'change', message: 'a-1-1 the last' }))
    append(store, a(1, 10, { ...about, kind: 'secret', message: 'the first' }))
    append(store, a(2, 20, { ...about, kind: 'change', message: 'a-1-1 one between' }))
    world.run(10)
    store.finalise(30)
    world.run(5000)

    expect(store.secretOf('ana')?.secret).toMatchObject({ origin: 'b', seq: 1 })
    expect(store.secretOf('ana')?.claim).toMatchObject({ origin: 'a', seq: 1 })
    expect(String(disk.files().read('registry.json', 0, 10_000))).not.toContain('last')
  })

  it('takes no change of a secret that came second in the order, though the change comes last', () => {
    const { store } = openTestStore()
    const about = { user: 'ana', target: '' } as const
    append(store, b(1, 11, { ...about, kind: 'secret', message: 'of who came second' }))
    append(store, b(2, 12, { ...about, kind: 'change', message: 'b-1-1 of who came second' }))
    expect(store.secretOf('ana')?.secret).toMatchObject({ origin: 'b', seq: 2 })
    append(store, a(1, 10, { ...about, kind: 'secret', message: 'of who came first' }))

    expect(store.secretOf('ana')?.secret).toMatchObject({ origin: 'a', seq: 1 })
  })

  it('lets what was set by the permit that was issued last count, and of what came after it the last in the order', () => {
    const { store } = openTestStore()
    const about = { user: 'ana', target: '' } as const
    append(store, b(1, 30, { ...about, kind: 'change', message: 'permit:50 a-1-1 the last by a permit' }))
    append(store, a(1, 10, { ...about, kind: 'secret', message: 'permit:40 the first' }))
    expect(store.secretOf('ana')).toMatchObject({ permitted: 50, secret: { origin: 'b' } })
    append(store, a(2, 20, { ...about, kind: 'change', message: 'permit:60 a-1-1 one between' }))
    append(
      store,
      a(3, 40, { ...about, kind: 'change', message: 'permit:50 a-1-1 of who had not heard of it' }),
    )
    append(store, a(4, 41, { ...about, kind: 'change', message: 'permit:70 b-1-9 of who came second' }))
    expect(store.secretOf('ana')).toMatchObject({ permitted: 60, secret: { seq: 2 }, claim: { seq: 1 } })
    append(store, b(2, 42, { ...about, kind: 'change', message: 'permit:60 a-1-1 of who had' }))

    expect(store.secretOf('ana')).toMatchObject({ permitted: 60, secret: { origin: 'b', seq: 2 } })
  })
})

describe('Secrets', () => {
  const operations = fc.array(fc.record({ clock: fc.nat(9), permit: fc.nat(3), of: fc.option(fc.nat(9)) }), {
    maxLength: 10,
  })

  it('tell the same of the same operations, in whatever order and however often they come', () => {
    fc.assert(
      fc.property(operations, fc.infiniteStream(fc.nat()), (plan, chance) => {
        const said = plan.map(({ clock, permit, of }, seq) => {
          const position = { clock, origin: 's', incarnation: 1, seq: seq + 1 }
          const what = { verifier: 'scrypt$1', permit }
          const claim = positionName({ clock: 0, origin: 's', incarnation: 1, seq: (of ?? 0) + 1 })
          return (secrets: Secrets): void =>
            of === null
              ? secrets.set('ana', renderFirstSecret(what), position)
              : secrets.change('ana', renderSecretChange({ ...what, claim }), position)
        })
        const told = (order: typeof said): unknown => {
          const secrets = new Secrets()
          for (const say of order) say(secrets)
          return secrets.of('ana')
        }
        const shuffled = said
          .map((say) => ({ say, at: chance.next().value as number }))
          .toSorted((one, other) => one.at - other.at)
          .map(({ say }) => say)

        expect(told([...shuffled, ...shuffled])).toEqual(told(said))
      }),
    )
  })
})
