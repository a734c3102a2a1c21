import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { makeKeyPair } from '../../src/adapters/keys/index.ts'
import { connect } from '../../src/client/index.ts'
import { renderCertificate } from '../../src/keys/index.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'recado-connect-'))
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
  rmSync(folder, { recursive: true, force: true })
})

describe('connect', () => {
  it('leaves no timer behind when its keys cannot be used', async () => {
    await expect(connect({ keysDir: folder })).rejects.toMatchObject({ code: 'bad_option' })
    writeFileSync(join(folder, 'own.key_secret'), renderCertificate('own', makeKeyPair()))
    await expect(connect({ keysDir: folder })).rejects.toThrow('front.keys')

    expect(vi.getTimerCount()).toBe(0)
  })
})
