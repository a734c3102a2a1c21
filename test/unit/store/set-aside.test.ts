import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openKeyValue, setStoreAside } from '../../../src/adapters/lmdb.ts'

describe('openKeyValue', () => {
  it('throws for what is no store, which can then be set aside for a new one', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'recado-damaged-'))
    try {
      mkdirSync(join(folder, 'store'))
      writeFileSync(join(folder, 'store/data.mdb'), Buffer.alloc(64 * 1024, 'no store'))
      expect(() => openKeyValue(folder)).toThrow(/.+/)
      const aside = setStoreAside(folder, 7)
      expect(existsSync(join(folder, aside, 'data.mdb'))).toBe(true)
      const anew = openKeyValue(folder)
      expect(anew.get(Buffer.from('m'))).toBeUndefined()
      await new Promise<void>((resolve) => anew.close(resolve))
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
