import type { Journal } from '../../src/ports/index.ts'

interface Group {
  readonly number: number
  readonly records: readonly Uint8Array[]
}

/** What a journal's two files hold: groups of records, of which each is there whole or not at all. */
export type JournalFiles = readonly [readonly Group[], readonly Group[]]
export const EMPTY_JOURNAL: JournalFiles = [[], []]

/** What the disk under a journal does. */
export interface JournalDisk {
  files(): JournalFiles
  setFiles(files: JournalFiles): void
  /** Writes a group; calls back when that is flushed or has failed, unless the process has died before. */
  write(records: readonly Uint8Array[], apply: () => void, done: (error?: Error) => void): void
}

/** The journal as a process that opens the disk now works with it: two files in turn, written over from their beginning. */
export function openVirtualJournal(disk: JournalDisk): Journal {
  let current: 0 | 1 = 0
  /** Groups at the beginning of the current file that this process wrote; what stands behind them is written over. */
  let position = 0
  let number = 0
  return {
    records(after) {
      const groups = disk
        .files()
        .flat()
        .filter((group) => group.number > after)
        .toSorted((a, b) => a.number - b.number)
      number = groups.at(-1)?.number ?? after
      const damaged = groups.some((group, at) => group.number !== after + 1 + at)
      return { records: groups.flatMap(({ records }) => records), damaged }
    },
    append(records, done) {
      const group = { number: number + 1, records: records.map((bytes) => Uint8Array.from(bytes)) }
      const [file, at] = [current, position]
      const apply = (): void => {
        const files = disk.files()
        const written = [...files[file].slice(0, at), group]
        disk.setFiles(file === 0 ? [written, files[1]] : [files[0], written])
      }
      disk.write(group.records, apply, (error) => {
        if (error === undefined) {
          number++
          position++
        }
        done(error)
      })
    },
    turn() {
      current = current === 0 ? 1 : 0
      position = 0
      return number
    },
    close() {},
  }
}
