import type { StoreFiles } from './types.ts'

/** A changed tail up to this size replaces the old one in one step; a longer one begins so and is appended to. */
const TAIL_MAX = 64 * 1024 * 1024

/**
 * One file as it shall be, written from its beginning on. What already stands there is compared, and only from the
 * first difference on written: so the same way serves for appending, for what a crash took and for a changed order.
 */
export class ProjectedFile {
  readonly name: string
  readonly #files: StoreFiles
  /** How much of the file is as it shall be. */
  #position = 0
  #comparing = true
  /** What replaces all behind `position`. */
  #tail: Uint8Array[] = []
  #tailBytes = 0
  #differs = false

  constructor(files: StoreFiles, name: string) {
    this.#files = files
    this.name = name
  }

  /** Whether all that was written so far stood in the file already. */
  get comparing(): boolean {
    return this.#comparing && !this.#differs
  }

  get position(): number {
    return this.#position + this.#tailBytes
  }

  /** Begins anew: everything is to be compared. */
  restart(): void {
    this.#position = 0
    this.#comparing = true
    this.#tail = []
    this.#tailBytes = 0
    this.#differs = false
  }

  /** Once the tail is known to change: copies some of what is kept; whether there is more, before the next is written. */
  copyOn(): boolean {
    return this.#differs && this.#files.copyOn?.(this.name, this.#position) === true
  }

  write(bytes: Uint8Array): void {
    if (bytes.byteLength === 0) return
    let rest = bytes
    if (this.comparing) {
      const standing = this.#standing(bytes.byteLength)
      if (Buffer.compare(standing, bytes.subarray(0, standing.byteLength)) === 0) {
        this.#position += standing.byteLength
        rest = bytes.subarray(standing.byteLength)
      } else this.#differs = true
    }
    if (rest.byteLength === 0) return
    if (this.#differs) {
      this.#tail.push(rest)
      this.#tailBytes += rest.byteLength
      if (this.#tailBytes > TAIL_MAX) this.settle()
      return
    }
    // All that stands there is right, and ends here.
    this.#append(rest)
    this.#comparing = false
  }

  /** All that is final has been written: what stands behind it is replaced or cut, and from now on appended. */
  settle(): void {
    if (this.#differs) {
      this.#files.replaceTail(this.name, this.#position, Buffer.concat(this.#tail))
      this.#position += this.#tailBytes
    } else if (this.#comparing) this.#cut()
    this.#comparing = false
    this.#differs = false
    this.#tail = []
    this.#tailBytes = 0
  }

  /** A crash behind any of this leaves a beginning of what shall be, or what was: the next start compares it. */
  #append(bytes: Uint8Array): void {
    const isMissing = this.#comparing && this.#files.size(this.name) === undefined
    if (isMissing) this.#files.replaceTail(this.name, 0, bytes)
    else this.#files.append(this.name, bytes)
    this.#position += bytes.byteLength
  }

  #cut(): void {
    const size = this.#files.size(this.name)
    if (size === undefined) this.#append(new Uint8Array())
    else if (size > this.#position) this.#files.truncate(this.name, this.#position)
  }

  /** What stands behind what is right, up to so many bytes. */
  #standing(bytes: number): Uint8Array {
    const size = this.#files.size(this.name) ?? 0
    const end = Math.min(size, this.#position + bytes)
    return end <= this.#position ? new Uint8Array() : this.#files.read(this.name, this.#position, end)
  }
}
