import type { Chance, Files, Journal, KeyValue, KeyValueChange, Timers } from '../../src/ports/index.ts'
import { EMPTY_JOURNAL, type JournalFiles, openVirtualJournal } from './virtual-journal.ts'

/** Bytes of the disk, as `space` tells them. */
const TOTAL = 100
const FREE = { room: 50, low: 5, full: 0 } as const

/** What a disk held at some time. */
export interface DiskCopy {
  readonly map: ReadonlyMap<string, Entry>
  readonly contents: ReadonlyMap<string, Uint8Array>
  readonly journal: JournalFiles
}

interface Entry {
  readonly key: Uint8Array
  readonly value: Uint8Array
}

/**
 * A disk in memory. What is committed survives a crash. Of a commit under way nothing or all does, for commits are
 * atomic; of what files were written to without a flush, any beginning.
 */
export class VirtualDisk {
  map = new Map<string, Entry>()
  contents = new Map<string, Uint8Array>()
  journalFiles: JournalFiles = EMPTY_JOURNAL
  /** How long a commit takes, in ms. */
  commitMs = 0.4
  /** What the next commits fail with. */
  failure: Error | undefined
  /** Whether what fails is on the disk all the same. */
  failureKeeps = false
  /** Plenty of room, less than a reserve, or none at all. */
  space: keyof typeof FREE = 'room'
  /** Told of the records of every append to the journal that reached the disk. */
  appended: (records: readonly Uint8Array[]) => void = () => {}
  /** Told of every change of a file: which, and its bytes before. */
  changed: (name: string, before: Uint8Array | undefined) => void = () => {}
  #life = 0
  #keys: string[] | undefined
  /** What puts the commit and the append that are under way on the disk. */
  readonly #underWay = new Map<'commit' | 'append', () => void>()

  /** What a process that opens the disk now works with, until the next crash. */
  keyValue(timers: Timers): KeyValue {
    return {
      get: (key) => this.map.get(textOf(key))?.value,
      range: (options) => this.#range(options),
      commit: (changes, done) => this.#write('commit', timers, () => this.#apply(changes), done),
      space: () => ({ free: FREE[this.space], total: TOTAL }),
      close: (done) => done(),
    }
  }

  journal(timers: Timers): Journal {
    return openVirtualJournal({
      files: () => this.journalFiles,
      setFiles: (files) => {
        this.journalFiles = files
      },
      write: (records, apply, done) => {
        const appended = (): void => {
          apply()
          this.appended(records)
        }
        this.#write('append', timers, appended, done)
      },
    })
  }

  files(): Files {
    const bytesOf = (name: string): Uint8Array => this.contents.get(name) ?? new Uint8Array()
    const set = (name: string, bytes: Uint8Array): void => {
      const before = this.contents.get(name)
      if (this.space === 'full' && bytes.byteLength > (before?.byteLength ?? 0)) throw fullDisk()
      this.contents.set(name, bytes)
      this.changed(name, before)
    }
    return {
      size: (name) => this.contents.get(name)?.byteLength,
      read: (name, start, end) => bytesOf(name).subarray(start, end),
      append: (name, bytes) => set(name, Buffer.concat([bytesOf(name), bytes])),
      truncate: (name, size) => set(name, bytesOf(name).slice(0, size)),
      replaceTail: (name, keep, tail) => set(name, Buffer.concat([bytesOf(name).subarray(0, keep), tail])),
      remove: (name) => void this.contents.delete(name),
    }
  }

  /**
   * Ends the process's life: a commit under way is lost, or by chance is whole on the disk, unseen; of each file so
   * many bytes of its end are lost.
   */
  crash(cut: (name: string, size: number) => number = () => 0, chance?: Chance): void {
    this.#life++
    for (const apply of this.#underWay.values()) {
      if (this.space !== 'full' && chance !== undefined && chance.next() < 0.5) apply()
    }
    this.#underWay.clear()
    for (const [name, bytes] of this.contents) {
      const lost = cut(name, bytes.byteLength)
      if (lost > 0) this.contents.set(name, bytes.slice(0, Math.max(0, bytes.byteLength - lost)))
    }
  }

  /** Somebody emptied the folder. */
  empty(): void {
    this.restore({ map: new Map(), contents: new Map(), journal: EMPTY_JOURNAL })
  }

  copy(): DiskCopy {
    return { map: new Map(this.map), contents: new Map(this.contents), journal: this.journalFiles }
  }

  /** Somebody put a copy back. */
  restore(copy: DiskCopy): void {
    this.#life++
    this.#underWay.clear()
    this.map = new Map(copy.map)
    this.journalFiles = copy.journal
    this.contents = new Map(copy.contents)
    this.#keys = undefined
  }

  text(name: string): string {
    return Buffer.from(this.contents.get(name) ?? new Uint8Array()).toString()
  }

  /** Something that is on the disk whole, after a while, or not at all. */
  #write(what: 'commit' | 'append', timers: Timers, apply: () => void, done: (error?: Error) => void): void {
    const life = this.#life
    this.#underWay.set(what, apply)
    timers.after(this.commitMs, () => {
      if (life !== this.#life) return
      this.#underWay.delete(what)
      const failure = this.space === 'full' ? fullDisk() : this.failure
      if (failure === undefined || (failure === this.failure && this.failureKeeps)) apply()
      done(failure)
    })
  }

  #apply(changes: readonly KeyValueChange[]): void {
    for (const { key, value } of changes) {
      const name = textOf(key)
      if (value === undefined) {
        this.map.delete(name)
        this.#keys = undefined
      } else {
        if (!this.map.has(name)) this.#keys = undefined
        this.map.set(name, { key: Uint8Array.from(key), value: Uint8Array.from(value) })
      }
    }
  }

  *#range(options: Parameters<KeyValue['range']>[0]): Iterable<Entry> {
    this.#keys ??= [...this.map.keys()].toSorted()
    const [start, end] = [textOf(options.start), textOf(options.end)]
    const keys = this.#keys.slice(firstFrom(this.#keys, start), firstFrom(this.#keys, end))
    for (const key of keys.slice(0, options.limit)) {
      const entry = this.map.get(key)
      if (entry !== undefined) yield entry
    }
  }
}

/** The index of the first key that is not before this one. */
function firstFrom(keys: readonly string[], key: string): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((keys[middle] as string) < key) low = middle + 1
    else high = middle
  }
  return low
}

/** One character for each byte, so that texts sort as bytes do. */
function textOf(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1')
}

function fullDisk(): Error {
  return Object.assign(new Error('No space left on the virtual disk'), { code: 'ENOSPC' })
}
