import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { prepareFolder } from '../../src/adapters/folder.ts'

const NFS = 0x6969
const OWNER = { cluster: 'default/recado', name: 'server-1' }

// The only way to a network file system on a machine that has none.
vi.mock('node:fs', async (original) => ({
  ...(await original<typeof import('node:fs')>()),
  statfsSync: () => ({ type: NFS }),
}))

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'recado-folder-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

it('prepareFolder refuses a network file system', async () => {
  await expect(prepareFolder(folder, OWNER)).rejects.toMatchObject({ code: 'network_filesystem' })
})

it('prepareFolder takes a network file system when that is insisted on', async () => {
  const taken = await prepareFolder(folder, { ...OWNER, allowNetworkFs: true })

  await expect(taken.release()).resolves.toBeUndefined()
})
