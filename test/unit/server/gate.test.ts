import { describe, expect, it } from 'vitest'
import { openCredentials } from '../../../src/adapters/credentials.ts'
import { makeKey } from '../../../src/adapters/keys/index.ts'
import type { Acceptor } from '../../../src/server/acceptor.ts'
import { Gate } from '../../../src/server/gate.ts'
import type { Desk } from '../../../src/server/services/index.ts'
import { Sessions } from '../../../src/server/sessions.ts'
import type { Position } from '../../../src/wire/index.ts'
import { quietLog, quietMetrics, quietTimers } from '../../support/quiet.ts'

const SECRET: Position = { clock: 5, origin: 'server-1', incarnation: 1, seq: 1 }

/** A gate at which ana has made as many channels as a user may, `first` among them; how it judges what she asks. */
function setUp() {
  const credentials = openCredentials(((key) => () => [key])(makeKey()))
  const desk = { channelsMadeBy: () => 3, knowsChannel: (name: string) => name === 'first' }
  const gate = new Gate({
    userChannels: 3,
    userRequests: 10,
    userBytesPerSecond: 100,
    tokenLifetimeMs: 1000,
    anybody: true,
    isListed: () => false,
    credentials,
    now: () => 0,
    time: { monotonic: () => 0, wall: () => 0 },
    acceptor: { secretOf: () => ({ claim: SECRET, secret: SECRET }) } as unknown as Acceptor,
    desk: desk as unknown as Desk,
    timers: quietTimers,
    log: quietLog,
    metrics: quietMetrics,
  })
  const sessions = new Sessions({ credentials, lifetimeMs: 1000, now: () => 0, secretAt: () => SECRET })
  const { token } = sessions.tokenFor('ana', SECRET)
  return (service: string, more: object): unknown => {
    const data = { user: 'ana', token, ...more }
    try {
      return gate.authorise({ service, id: 'id', clock: 1, timestamp: 0, data })
    } catch (error) {
      return error
    }
  }
}

describe('Gate', () => {
  it('lets a user who may make no more channels ask again for one that is there', () => {
    const judge = setUp()

    expect(judge('channel', { channel: 'first' })).toBe('ana')
    for (const channel of ['another', undefined, 7])
      expect(judge('channel', { channel })).toEqual(
        expect.objectContaining({
          code: 'denied',
          message: expect.stringContaining('limit: channels'),
        }),
      )
  })

  it.each([
    ['text', '€'.repeat(30)],
    ['bytes', new Uint8Array(90)],
  ])('counts what is said as %s in bytes', (_kind, message) => {
    const judge = setUp()

    expect(judge('publish', { message })).toBe('ana')
    expect(judge('publish', { message })).toBe('ana')
    expect(judge('publish', { message })).toEqual(
      expect.objectContaining({
        code: 'overloaded',
        message: expect.stringContaining('bytes a second'),
      }),
    )
  })
})
