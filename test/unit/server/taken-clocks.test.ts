import { describe, expect, it } from 'vitest'
import { startOneServer } from './one-server.ts'

const FAR = 50_000_000_000

describe("A server takes a request's clock", () => {
  it('in secured mode not from who has no token, nor with a login that fails', async () => {
    const { ask, lamport } = await startOneServer()
    await ask('login', { user: 'ana', secret: 'secret of ana' })
    const refused: unknown[] = []
    for (const [service, data] of [
      ['publish', { user: 'ana', channel: 'news', message: 'hi' }],
      ['status', { token: 'ana:1:1:1' }],
      ['login', { user: 'ana', secret: 'another secret' }],
      ['login', { user: 'ana', secret: 'another secret', new_secret: 'a third secret' }],
      ['login', { user: 'ana', permit: 'none', new_secret: 'a third secret' }],
      ['login', { user: 'no name', secret: 'secret of ana' }],
      ['nothing', {}],
    ] as const) {
      refused.push((await ask(service, data, FAR)).data['code'])
    }

    expect(refused).toEqual([
      'not_logged_in',
      'not_logged_in',
      'denied',
      'denied',
      'denied',
      'bad_request',
      'unknown_service',
    ])
    expect(lamport.now).toBeLessThan(FAR)
  })

  it('in secured mode from who shows a secret or a token', async () => {
    const { ask, lamport } = await startOneServer()
    await ask('login', { user: 'ana', secret: 'secret of ana' }, 1000)
    expect(lamport.now).toBeGreaterThan(1000)
    const { clock, data } = await ask('login', { user: 'ana', secret: 'secret of ana' }, 2000)
    expect(clock).toBeGreaterThan(2000)
    expect((await ask('users', { token: data['token'] }, 3000)).clock).toBeGreaterThan(3000)
    const secrets = { secret: 'secret of ana', new_secret: 'a new secret' }
    expect((await ask('login', { user: 'ana', ...secrets }, 4000)).clock).toBeGreaterThan(4000)
  })

  it('in open mode from anybody who asks for a known service', async () => {
    const { ask, lamport } = await startOneServer({ secured: false })
    await ask('nothing', {}, FAR)
    expect(lamport.now).toBeLessThan(FAR)
    expect((await ask('login', { user: 'ana' }, 5000)).clock).toBeGreaterThan(5000)
  })

  it.each([true, false])(
    'that rises and rises, and goes on to accept what others say (secured: %s)',
    async (secured) => {
      const { ask, lamport } = await startOneServer({ secured })
      const { data } = await ask('login', { user: 'ana', secret: 'secret of ana' })
      const token = secured ? { token: data['token'] } : {}
      await ask('channel', { user: 'ana', channel: 'news', ...token })
      const codes: unknown[] = []
      let clock = lamport.now
      for (let turn = 0; turn < 200; turn++) {
        clock = Math.max(clock, lamport.now) + 1_100_000
        const said = { user: 'ana', channel: 'news', message: 'hi', ...token }
        const [, answer] = await Promise.all([ask('users', token, clock), ask('publish', said)])
        codes.push(answer.data['status'] === 'ok' ? 'ok' : answer.data['code'])
      }

      expect(new Set(codes)).toEqual(new Set(['ok', 'unavailable']))
      expect(codes.filter((code) => code !== 'ok').length).toBeLessThan(40)
    },
  )
})
