import { existsSync, rmSync } from 'node:fs'
import type { Command } from 'commander'
import { openFiles } from '../../adapters/files.ts'
import { lockFolder } from '../../adapters/folder-lock.ts'
import { PROJECTED_FILES, type Restored, restore } from '../../store/index.ts'
import { RecadoError } from '../../wire/index.ts'
import type { Context } from '../context.ts'
import { writeResult } from '../output.ts'

/** Makes a server's store anew from its files. */
export function addRestore(program: Command, contextOf: (command: Command) => Context): void {
  program
    .command('restore <folder>')
    .description("make a server's lost store anew from the files in its data folder")
    .action(async (folder: string, _: unknown, command: Command) => {
      const { output } = contextOf(command)
      if (!existsSync(folder)) throw new RecadoError('bad_option', `There is no folder ${folder}`)
      const lock = await lockFolder(folder)
      try {
        const restored = await restoreStore(folder)
        const { operations, users, channels } = restored
        const text = `Restored ${operations} messages, ${users} users and ${channels} channels from ${PROJECTED_FILES.join(', ')}`
        writeResult(output, text, { ...restored })
      } finally {
        await lock.release()
      }
    })
}

async function restoreStore(folder: string): Promise<Restored> {
  const store = `${folder}/store`
  for (const held of [store, `${folder}/journal`]) {
    if (!existsSync(held)) continue
    const what = `${folder} holds a store already; start its server, or move ${held} away`
    throw new RecadoError('not_restorable', what)
  }
  // Loaded only now: it is large.
  const { openKeyValue } = await import('../../adapters/lmdb.ts')
  try {
    return await restore({ files: openFiles(folder), open: () => openKeyValue(folder) })
  } catch (error) {
    rmSync(store, { recursive: true, force: true })
    throw error
  }
}
