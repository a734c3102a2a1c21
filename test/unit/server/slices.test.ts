import { describe, expect, it } from 'vitest'
import type { Request } from '../../../src/wire/index.ts'
import { startOneServer } from './one-server.ts'

function reads(count: number, service = 'users', data = {}): Request[] {
  return Array.from({ length: count }, (_, index) => {
    return { service, id: `id-${index}`, clock: 1, timestamp: 1, data }
  })
}

describe('A server', () => {
  it('serves another connection before the rest of a body of more than 128 requests, and answers all of it', async () => {
    const { send, answers, server } = await startOneServer({ secured: false })
    expect(await send([reads(1024), reads(1)])).toEqual([1, 0])
    const long = [...answers.values()].at(-1) as unknown as readonly { id: string }[]
    expect(long.map(({ id }) => id)).toEqual(reads(1024).map(({ id }) => id))
    expect(server.underWay).toBe(0)
  })

  it('serves a body of 128 at once', async () => {
    const { send } = await startOneServer({ secured: false })
    expect(await send([reads(128), reads(1)])).toEqual([0, 1])
  })

  it('serves another connection before the rest of a body of more than one page of history', async () => {
    const { send } = await startOneServer({ secured: false })
    const pages = (count: number): Request[] => reads(count, 'history', { user: 'ana' })
    expect(await send([pages(1), reads(1)])).toEqual([0, 1])
    expect(await send([pages(2), reads(1)])).toEqual([1, 0])
  })
})
