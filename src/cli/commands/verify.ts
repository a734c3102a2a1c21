import type { Command } from 'commander'
import { openFiles } from '../../adapters/files.ts'
import { PROJECTED_FILES } from '../../store/index.ts'
import { RecadoError } from '../../wire/index.ts'
import { firstDifference } from '../compare.ts'
import type { Context } from '../context.ts'
import { writeRows } from '../output.ts'

/** Compares servers' data folders, file by file. */
export function addVerify(program: Command, contextOf: (command: Command) => Context): void {
  program
    .command('verify <folder...>')
    .description("compare servers' data folders and show the first difference")
    .action((folders: string[], _: unknown, command: Command) => {
      const { output } = contextOf(command)
      if (folders.length < 2) throw new RecadoError('bad_option', 'Give two or more data folders')
      const files = folders.map((folder) => openFiles(folder))
      for (const folder of folders) checkFolder(folder)
      const rows = PROJECTED_FILES.map((file) => {
        const difference = firstDifference(files, file)
        const bytes = files[0]?.size(file) ?? 0
        return difference === undefined ? { file, equal: true, bytes } : { file, equal: false, ...difference }
      })
      writeRows(output, ['file', 'equal', 'bytes', 'line'], rows)
      const differing = rows.find((row) => !row.equal)
      if (differing === undefined) return
      if (!output.json && 'lines' in differing) {
        differing.lines.forEach((line, at) => output.write(`${folders[at]}: ${line ?? '(ends before)'}\n`))
      }
      throw new RecadoError('files_differ', `${differing.file} differs between the folders`)
    })

  function checkFolder(folder: string): void {
    const files = openFiles(folder)
    if (PROJECTED_FILES.some((file) => files.size(file) !== undefined)) return
    throw new RecadoError(
      'bad_option',
      `${folder} holds no files of a server; give folders like data/server-1`,
    )
  }
}
