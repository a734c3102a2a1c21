/**
 * Finds the shared libraries that a program and its addons are linked to, and the loader, in the root of a system.
 * ldd runs what it is asked about; this reads it, so that it may be for another processor.
 *   node hack/libraries.ts ROOT PROGRAM ADDON...      prints each one's path, and the file that it is in ROOT
 */
import { existsSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'

interface Elf {
  readonly machine: number
  /** The loader, which programs name and libraries do not. */
  readonly loader: string | undefined
  readonly needed: readonly string[]
}

// Numbers and offsets are those of elf(5).
/** Where Debian keeps libraries, by processor. */
const FOLDERS: Readonly<Record<number, string>> = {
  62: '/lib/x86_64-linux-gnu',
  183: '/lib/aarch64-linux-gnu',
}
/** As glibc is named; musl's has other names. */
const LIBC = 'libc.so.6'
const SEGMENT = { load: 1, dynamic: 2, loader: 3 }
const ENTRY = { needed: 1, strings: 5 }
const ENTRY_BYTES = 16

/** What the header of a file for Linux says: ELF of 64 bits, little-endian. */
export function readElf(path: string): Elf {
  const file = readFileSync(path)
  if (file.toString('latin1', 0, 6) !== '\x7fELF\x02\x01') throw new Error(`${path} is no program of 64 bits`)
  const long = (at: number): number => Number(file.readBigUInt64LE(at))
  const text = (at: number): string => file.toString('utf8', at, file.indexOf(0, at))
  const segments = Array.from({ length: file.readUInt16LE(56) }, (_, index) => {
    const at = long(32) + index * file.readUInt16LE(54)
    return { type: file.readUInt32LE(at), offset: long(at + 8), address: long(at + 16), size: long(at + 32) }
  })
  const offsetOf = (address: number): number => {
    const holds = segments.find(
      (each) => each.type === SEGMENT.load && address >= each.address && address < each.address + each.size,
    )
    if (holds === undefined) throw new Error(`${path} has no segment with the address ${address}`)
    return address - holds.address + holds.offset
  }
  const dynamic = segments.find(({ type }) => type === SEGMENT.dynamic) ?? { offset: 0, size: 0 }
  const entries = Array.from({ length: dynamic.size / ENTRY_BYTES }, (_, index) => {
    const at = dynamic.offset + index * ENTRY_BYTES
    return { tag: long(at), value: long(at + 8) }
  })
  const strings = offsetOf(entries.find(({ tag }) => tag === ENTRY.strings)?.value ?? 0)
  const loader = segments.find(({ type }) => type === SEGMENT.loader)
  return {
    machine: file.readUInt16LE(18),
    loader: loader && text(loader.offset),
    needed: entries.filter(({ tag }) => tag === ENTRY.needed).map(({ value }) => text(strings + value)),
  }
}

/** The files in `root` by the paths at which they are looked for. */
export function librariesOf(root: string, program: string, addons: readonly string[]): Map<string, string> {
  const { machine, loader, needed } = readElf(program)
  const folder = FOLDERS[machine]
  if (folder === undefined || loader === undefined) throw new Error(`Cannot tell the libraries of ${program}`)
  const fileOf = (name: string): string => join(root, folder, name)
  // The loader's own path may be a link from the root, which here is not the system's.
  const found = new Map([[loader, fileOf(basename(loader))]])
  const add = (name: string): void => {
    const path = join(folder, name)
    if (name === basename(loader) || found.has(path)) return
    if (!existsSync(fileOf(name))) throw new Error(`${root} has no ${path}`)
    found.set(path, fileOf(name))
    for (const each of readElf(fileOf(name)).needed) add(each)
  }
  for (const name of needed) add(name)
  // Packages bring addons for other processors and C libraries too: those are never opened.
  const opened = addons
    .map(readElf)
    .filter((addon) => addon.machine === machine && addon.needed.includes(LIBC))
  for (const name of opened.flatMap((addon) => addon.needed)) add(name)
  return found
}

if (import.meta.main) {
  const [root = '', program = '', ...addons] = process.argv.slice(2)
  for (const [path, file] of librariesOf(root, program, addons)) console.log(`${path} ${file}`)
}
