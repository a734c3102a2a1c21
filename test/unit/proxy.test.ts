import { describe, expect, it } from 'vitest'
import { Proxy } from '../../src/proxy/index.ts'
import { channelTopic, REPLICA_TOPIC, SERVERS_TOPIC, userTopic } from '../../src/wire/index.ts'

/** A proxy, and how often it counted what. */
function counted(): { proxy: Proxy; counts: Map<string, number> } {
  const counts = new Map<string, number>()
  const proxy = new Proxy({
    add: (name, value = 1) => counts.set(name, (counts.get(name) ?? 0) + value),
    set: () => {},
    observe: () => {},
  })
  return { proxy, counts }
}

describe('Proxy', () => {
  it.each([channelTopic('general'), userTopic('a.b_c-9'), REPLICA_TOPIC, SERVERS_TOPIC])(
    'passes a publication on %s and counts it',
    (topic) => {
      const { proxy, counts } = counted()

      expect(proxy.admits(topic, 2)).toBe(true)
      expect(counts).toEqual(new Map([['recado_proxy_publications_total', 1]]))
    },
  )

  it.each([
    '',
    'channel',
    'channel/general',
    'channel//',
    'channel/a/b/',
    'channel/a b/',
    `channel/${'a'.repeat(65)}/`,
    'replica/',
    'others/a/',
    'x channel/a/',
  ])('drops a publication on "%s" and counts it', (topic) => {
    const { proxy, counts } = counted()

    expect(proxy.admits(topic, 2)).toBe(false)
    expect(counts).toEqual(new Map([['recado_proxy_dropped_total', 1]]))
  })

  it.each([0, 1, 3, 16])('drops a publication of %i frames', (frames) => {
    expect(counted().proxy.admits(REPLICA_TOPIC, frames)).toBe(false)
  })

  it.each([
    ['a subscription', [1, ...Buffer.from('channel/general/')]],
    ['a subscription to everything', [1]],
    ['the end of a subscription', [0, ...Buffer.from('channel/')]],
  ])('passes %s', (_, bytes) => {
    expect(counted().proxy.admitsSubscription(Uint8Array.from(bytes))).toBe(true)
  })

  it.each([
    ['nothing', []],
    ['a message', [2, 3, 4]],
    ['a subscription that is longer than any topic', [1, ...Buffer.alloc(200, 'a')]],
  ])('drops %s of a subscriber and counts it', (_, bytes) => {
    const { proxy, counts } = counted()

    expect(proxy.admitsSubscription(Uint8Array.from(bytes))).toBe(false)
    expect(counts).toEqual(new Map([['recado_proxy_dropped_total', 1]]))
  })
})
