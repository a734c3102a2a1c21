import { lookup } from 'node:dns/promises'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type AddressWatch, watchAddresses } from '../../src/adapters/resolver.ts'
import { quietLog } from '../support/quiet.ts'
import { VirtualTime } from '../support/virtual-time.ts'

vi.mock('node:dns/promises', async (importOriginal) => {
  const original = await importOriginal<typeof import('node:dns/promises')>()
  return { ...original, lookup: vi.fn<typeof original.lookup>(original.lookup) }
})

/** What the next look-ups find. */
function found(...results: (readonly string[] | Error)[]): void {
  for (const result of results) {
    const answer =
      result instanceof Error
        ? Promise.reject(result)
        : Promise.resolve(result.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })))
    // A rejection that nobody looks at yet is not a fault here.
    answer.catch(() => {})
    vi.mocked(lookup).mockImplementationOnce((() => answer) as never)
  }
}

const virtual = new VirtualTime()
let watch: AddressWatch | undefined

function watching(...addresses: string[]): string[][] {
  const told: string[][] = []
  const timers = virtual.process()
  watch = watchAddresses(addresses, {
    timers,
    log: quietLog,
    onChange: (resolved) => void told.push([...resolved]),
  })
  return told
}

afterEach(() => {
  watch?.close()
  vi.mocked(lookup).mockReset()
})

describe('watchAddresses', () => {
  it('tells addresses that need no look-up at once, and looks nothing up', () => {
    expect(watching('tcp://127.0.0.1:1', 'tcp://[::1]:2', 'tcp://127.0.0.2:3/4')).toEqual([
      ['tcp://127.0.0.1:1', 'tcp://[::1]:2', 'tcp://127.0.0.2:3/4'],
    ])
    expect(lookup).not.toHaveBeenCalled()
  })

  it('tells a name’s address with the ports that were given', async () => {
    const { lookup: real } = await vi.importActual<typeof import('node:dns/promises')>('node:dns/promises')
    vi.mocked(lookup).mockImplementation(real)
    const told = watching('tcp://localhost:5/6')

    await expect
      .poll(() => told.at(-1))
      .toEqual([expect.stringMatching(/^tcp:\/\/(127\.0\.0\.1|\[::1\]):5\/6$/)])
  })

  it('tells all addresses of a name, those of the older protocol if it has both', async () => {
    found(['10.0.0.2', '::1', '10.0.0.1'], ['::2'])
    const told = watching('tcp://both.test:1', 'tcp://newer.test:1')

    await expect.poll(() => told.at(-1)).toEqual(['tcp://10.0.0.1:1', 'tcp://10.0.0.2:1', 'tcp://[::2]:1'])
  })

  it('looks up again, and tells what came and went', async () => {
    found(['10.0.0.1', '10.0.0.2'], ['10.0.0.2', '10.0.0.3'])
    const told = watching('tcp://name.test:1')
    await expect.poll(() => told).toHaveLength(2)
    virtual.run(5000)

    await expect.poll(() => told.at(-1)).toEqual(['tcp://10.0.0.2:1', 'tcp://10.0.0.3:1'])
  })

  it('looks a name up every second until it is first found', async () => {
    found(new Error('No such name'), new Error('No such name'), ['10.0.0.1'])
    const told = watching('tcp://name.test:1')
    for (const times of [1, 2, 3]) {
      await expect.poll(() => vi.mocked(lookup).mock.calls.length).toBe(times)
      // The failure is known a turn later.
      await new Promise((resolve) => setImmediate(resolve))
      if (times < 3) virtual.run(1000)
    }

    await expect.poll(() => told.at(-1)).toEqual(['tcp://10.0.0.1:1'])
    virtual.run(2000)
    expect(lookup).toHaveBeenCalledTimes(3)
  })

  it('tells nothing when a look-up finds the same, and keeps what it knew when one fails', async () => {
    found(['10.0.0.1'], ['10.0.0.1'], new Error('No such name'), ['10.0.0.2'])
    const told = watching('tcp://name.test:1')
    await expect.poll(() => told).toHaveLength(2)
    for (const times of [2, 3, 4]) {
      virtual.run(5000)
      await expect.poll(() => vi.mocked(lookup).mock.calls.length).toBe(times)
    }

    await expect.poll(() => told).toEqual([[], ['tcp://10.0.0.1:1'], ['tcp://10.0.0.2:1']])
  })

  it('tells an address once when two names have it', async () => {
    found(['10.0.0.1'], ['10.0.0.1'])
    const told = watching('tcp://one.test:1', 'tcp://other.test:1')
    await expect.poll(() => vi.mocked(lookup).mock.calls.length).toBe(2)

    await expect.poll(() => told.at(-1)).toEqual(['tcp://10.0.0.1:1'])
  })

  it('tells and looks up nothing more once it is closed', async () => {
    const answering = Promise.withResolvers<{ address: string; family: number }[]>()
    vi.mocked(lookup).mockImplementationOnce((() => answering.promise) as never)
    const told = watching('tcp://name.test:1')
    watch?.close()
    answering.resolve([{ address: '10.0.0.1', family: 4 }])
    await answering.promise
    virtual.run(20_000)

    expect(told).toEqual([[]])
    expect(lookup).toHaveBeenCalledTimes(1)
  })
})
