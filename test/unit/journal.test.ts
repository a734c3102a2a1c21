import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openJournal } from '../../src/adapters/journal.ts'
import type { Journal } from '../../src/ports/index.ts'
import { buffersHeld } from '../support/collect.ts'

const MIB = 2 ** 20

function append(journal: Journal, records: readonly Uint8Array[]): Promise<void> {
  return new Promise((resolve, reject) => {
    journal.append(records, (error) => (error === undefined ? resolve() : reject(error)))
  })
}

describe('Journal.append', () => {
  it('keeps at most 8 MiB of the memory in which it writes what is more', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'recado-journal-'))
    const journal = openJournal(folder)
    try {
      journal.records(0)
      const before = buffersHeld()
      for (const size of [5, 40, 1]) await append(journal, [Buffer.alloc(size * MIB, size)])
      await expect.poll(buffersHeld).toBeLessThan(before + 9)
    } finally {
      journal.close()
    }
    const again = openJournal(folder)
    expect(again.records(0).records.map((record) => [record.byteLength / MIB, record.at(-1)])).toEqual([
      [5, 5],
      [40, 40],
      [1, 1],
    ])
    again.close()
    rmSync(folder, { recursive: true })
  })
})
