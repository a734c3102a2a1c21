import type { Files } from '../ports/index.ts'

/** A changed tail up to this size replaces the old one in one step; a longer one begins so and is appended to. */
const TAIL_MAX = 64 * 1024 * 1024

/**
 * One file as it shall be, written from its beginning on. What already stands there is compared, and only from the
 * first difference on written: so the same way serves for appending, for what a crash took and for a changed order.
 */
export class ProjectedFile {
  readonly name: string
  readonly #files: Files
  /** How much of the file is as it shall be. */
  #position = 0
  #comparing = true
  /** What replaces all behind `position`. */
  #tail: Uint8Array[] = []
  #tailBytes = 0
  #differs = false

  constructor(files: Files, name: string) {
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

  write(bytes: Uint8Array): void {
    if (bytes.byteLength === 0) return
    if (this.#comparing && !this.#differs && this.#matches(bytes)) {
      this.#position += bytes.byteLength
      return
    }
    if (this.#comparing) {
      this.#differs = true
      this.#tail.push(bytes)
      this.#tailBytes += bytes.byteLength
      if (this.#tailBytes > TAIL_MAX) this.settle()
      return
    }
    this.#files.append(this.name, bytes)
    this.#position += bytes.byteLength
  }

  /** All that is final has been written: what stands behind it is replaced or cut, and from now on appended. */
  settle(): void {
    const size = this.#files.size(this.name)
    if (this.#comparing && (this.#differs || size !== this.#position)) {
      this.#files.replaceTail(this.name, this.#position, Buffer.concat(this.#tail))
      this.#position += this.#tailBytes
    }
    this.#comparing = false
    this.#differs = false
    this.#tail = []
    this.#tailBytes = 0
  }

  #matches(bytes: Uint8Array): boolean {
    const size = this.#files.size(this.name) ?? 0
    const end = this.#position + bytes.byteLength
    if (size < end) return false
    return Buffer.compare(this.#files.read(this.name, this.#position, end), bytes) === 0
  }
}
