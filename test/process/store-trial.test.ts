import { mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openKeyValue } from '../../src/adapters/lmdb.ts'
import { markStart, tryStore } from '../../src/adapters/store-trial.ts'
import type { KeyValue } from '../../src/ports/index.ts'

const ENTRIES = 200

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'recado-trial-'))
})

afterEach(() => {
  rmSync(folder, { recursive: true })
})

/** Works with the store of the folder, and closes it. */
async function use<Result>(work: (store: KeyValue) => Promise<Result> | Result): Promise<Result> {
  const store = openKeyValue(folder)
  try {
    return await work(store)
  } finally {
    await new Promise<void>((resolve) => store.close(resolve))
  }
}

function fillStore(): Promise<void> {
  const changes = Array.from({ length: ENTRIES }, (_, number) => ({
    key: Buffer.from(`b${number}`),
    value: Buffer.alloc(1000, number),
  }))
  return use(
    (store) =>
      new Promise<void>((resolve, reject) => {
        store.commit(changes, (error) => (error === undefined ? resolve() : reject(error)))
      }),
  )
}

describe('tryStore', () => {
  it('finds nothing wrong with a store that works, and leaves in it what was there', async () => {
    await fillStore()

    expect(await tryStore(folder)).toBeUndefined()
    const all = { start: Buffer.alloc(1), end: Buffer.alloc(1, 0xff) }
    expect(await use((store) => [...store.range(all)])).toHaveLength(ENTRIES)
  })

  it('finds nothing wrong where there is no store yet', async () => {
    expect(await tryStore(folder)).toBeUndefined()
  })

  it('tells of a store that ends the process', async () => {
    await fillStore()
    const path = join(folder, 'store', 'data.mdb')
    truncateSync(path, statSync(path).size / 2)

    expect(await tryStore(folder)).toMatch(/SIGBUS|SIGSEGV|SIGABRT/)
  })

  it('tells of a store that cannot be read', async () => {
    await fillStore()
    writeFileSync(join(folder, 'store', 'data.mdb'), Buffer.alloc(10_000, 'no store '))

    expect(await tryStore(folder)).toBe('It cannot be read, or written to')
  })
})

describe('markStart', () => {
  it('tells whether the start before was cut short', () => {
    const first = markStart(folder)
    const second = markStart(folder)
    second.remove()
    const third = markStart(folder)

    expect([first, second, third].map(({ cutShort }) => cutShort)).toEqual([false, true, false])
  })
})
