import { describe, expect, it } from 'vitest'
import { Links } from '../../src/roles/links.ts'
import { PeerLinks } from '../../src/roles/peer-links.ts'
import { ProxyLinks } from '../../src/roles/proxy-links.ts'
import { kept } from '../support/kept.ts'
import { quietLog as log, quietTimers as timers } from '../support/quiet.ts'

/** What a process may say of itself, and ref passes on. */
const NO_ADDRESSES = [
  'tcp://127.0.0.1:x',
  'tcp://127.0.0.1:99999',
  'tcp://127.0.0.1:0',
  'tcp://127.0.0.1:1/x',
  'tcp://127.0.0.1',
  'tcp://',
  'text',
  'inproc://127.0.0.1:1',
  '::1:1',
]
const GOOD = 'tcp://127.0.0.1:1'

describe('links', () => {
  it.each(NO_ADDRESSES)('to other servers leave out what is no address: %s', (address) => {
    const links = kept(new PeerLinks({ timers, log }))

    links.set(new Map([['stranger', address]]))
    links.set(
      new Map([
        ['stranger', address],
        ['server-2', GOOD],
      ]),
    )

    expect(links.send('stranger', [])).toBe(false)
    expect(links.send('server-2', [Buffer.from('x')])).toBe(true)
  })

  it.each(NO_ADDRESSES)('to brokers leave out what is no address: %s', (address) => {
    const attempts: string[] = []
    let told: readonly string[] = []
    const open = (each: string): { close(): Promise<void> } => {
      attempts.push(each)
      return { close: () => Promise.resolve() }
    }
    const changed = (addresses: readonly string[]): void => {
      told = addresses
    }
    const links = kept(new Links(['tcp://127.0.0.1:2'], { timers, log, open, changed }))

    links.told([address, GOOD])

    expect(attempts).toEqual(['tcp://127.0.0.1:2', GOOD])
    expect(told).toEqual(['tcp://127.0.0.1:2', GOOD])
  })

  it.each([...NO_ADDRESSES, 'tcp://127.0.0.1:65535'])(
    'to proxies leave out what is no address: %s',
    (address) => {
      let told: readonly string[] = []
      const changed = (addresses: readonly string[]): void => {
        told = addresses
      }
      const received = (): void => {}
      const links = kept(
        new ProxyLinks(['tcp://127.0.0.1:2/3'], { timers, log, pass: undefined, changed, received }),
      )

      links.told([address, GOOD, 'tcp://127.0.0.1:4/5'])

      expect(told).toEqual(['tcp://127.0.0.1:2/3', 'tcp://127.0.0.1:1/2', 'tcp://127.0.0.1:4/5'])
    },
  )
})
