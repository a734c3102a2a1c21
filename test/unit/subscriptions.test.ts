import { describe, expect, it } from 'vitest'
import { openCredentials } from '../../src/adapters/credentials.ts'
import { makeKey } from '../../src/adapters/keys/index.ts'
import { type Decision, Subscriptions } from '../../src/proxy/index.ts'
import { TOKEN_LENGTH_MAX, tokenText } from '../../src/wire/index.ts'
import { quietLog, quietMetrics, quietTimers } from '../support/quiet.ts'

const NOW = 1_800_000_000_000
const credentials = openCredentials(((key) => () => [key])(makeKey()))
const subscriptions = new Subscriptions({
  credentials,
  now: () => NOW,
  timers: quietTimers,
  log: quietLog,
  metrics: quietMetrics,
})

const decide = (first: number, topic: string): Decision =>
  subscriptions.decide(Buffer.concat([Buffer.of(first), Buffer.from(topic)]))
const grant = (user: string, expiry = NOW + 1, secret = 's'): string => {
  const text = tokenText(user, expiry, secret)
  return `grant/${text}:${credentials.sign(text)}/`
}

describe('Subscriptions', () => {
  it('give a channel by its whole topic, and take it back', () => {
    expect(decide(1, 'channel/general/')).toEqual({ subscribe: 'channel/general/' })
    expect(decide(0, 'channel/general/')).toEqual({ unsubscribe: 'channel/general/' })
  })

  it('give a token’s user its own inbox', () => {
    expect(decide(1, grant('bob'))).toEqual({ subscribe: 'user/bob/' })
  })

  it('give the user of the longest token there may be its inbox', () => {
    const text = tokenText('bob', NOW + 1, '')
    const secret = 's'.repeat(TOKEN_LENGTH_MAX - text.length - 1 - credentials.sign('').length)
    const topic = grant('bob', NOW + 1, secret)

    expect(topic.length).toBe('grant//'.length + TOKEN_LENGTH_MAX)
    expect(decide(1, topic)).toEqual({ subscribe: 'user/bob/' })
  })

  it.each([
    '',
    'c',
    'channel/',
    'channel/general',
    'channel//',
    'channel/a/b/',
    'user/bob/',
    'user/',
    'replica',
    'servers',
    'grant//',
    'grant/bob/',
    grant('bob', NOW),
    grant('bob').replace('bob', 'eve'),
    `channel/${'x'.repeat(400)}/`,
    'channel/\u0000/',
  ])('give nothing for %j', (topic) => expect(decide(1, topic)).toEqual({}))

  it('give nothing for what is no subscription', () => {
    expect(decide(2, 'channel/general/')).toEqual({})
    expect(subscriptions.decide(new Uint8Array())).toEqual({})
  })
})
