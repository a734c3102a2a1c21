import type { Files, KeyValue, KeyValueChange, Timers } from '../../src/ports/index.ts'

/**
 * A disk in memory. What is committed survives a crash; a commit under way and what files were written to without a
 * flush may be lost, as `crash` says.
 */
export class VirtualDisk {
  readonly map = new Map<string, { key: Uint8Array; value: Uint8Array }>()
  readonly contents = new Map<string, Uint8Array>()
  /** How long a commit takes. */
  commitMs = 0.4
  /** What the next commits fail with. */
  failure: Error | undefined
  #life = 0

  /** What a process that opens the disk now works with, until the next crash. */
  keyValue(timers: Timers): KeyValue {
    const life = this.#life
    return {
      get: (key) => this.map.get(hex(key))?.value,
      range: (options) => this.#range(options),
      commit: (changes, done) => {
        timers.after(this.commitMs, () => {
          if (life !== this.#life) return
          if (this.failure === undefined) {
            this.#apply(changes)
            done()
          } else done(this.failure)
        })
      },
      space: () => ({ free: 50, total: 100 }),
      close: (done) => done(),
    }
  }

  files(): Files {
    const { contents } = this
    const bytesOf = (name: string): Uint8Array => contents.get(name) ?? new Uint8Array()
    return {
      size: (name) => contents.get(name)?.byteLength,
      read: (name, start, end) => bytesOf(name).subarray(start, end),
      append: (name, bytes) => void contents.set(name, Buffer.concat([bytesOf(name), bytes])),
      truncate: (name, size) => void contents.set(name, bytesOf(name).slice(0, size)),
      replaceTail: (name, keep, tail) =>
        void contents.set(name, Buffer.concat([bytesOf(name).subarray(0, keep), tail])),
      remove: (name) => void contents.delete(name),
    }
  }

  /** Ends the process's life: a commit under way is lost, and of each file so many bytes of its end. */
  crash(cut: (name: string, size: number) => number = () => 0): void {
    this.#life++
    for (const [name, bytes] of this.contents) {
      this.contents.set(name, bytes.slice(0, Math.max(0, bytes.byteLength - cut(name, bytes.byteLength))))
    }
  }

  /** Somebody emptied the folder. */
  empty(): void {
    this.#life++
    this.map.clear()
    this.contents.clear()
  }

  text(name: string): string {
    return Buffer.from(this.contents.get(name) ?? new Uint8Array()).toString()
  }

  #apply(changes: readonly KeyValueChange[]): void {
    for (const { key, value } of changes) {
      if (value === undefined) this.map.delete(hex(key))
      else this.map.set(hex(key), { key: Uint8Array.from(key), value: Uint8Array.from(value) })
    }
  }

  *#range(options: Parameters<KeyValue['range']>[0]): Iterable<{ key: Uint8Array; value: Uint8Array }> {
    const [start, end] = [hex(options.start), hex(options.end)]
    const keys = [...this.map.keys()].filter((key) => key >= start && key < end).toSorted()
    if (options.reverse === true) keys.reverse()
    for (const key of keys.slice(0, options.limit)) {
      const entry = this.map.get(key)
      if (entry !== undefined) yield entry
    }
  }
}

function hex(key: Uint8Array): string {
  return Buffer.from(key).toString('hex')
}
