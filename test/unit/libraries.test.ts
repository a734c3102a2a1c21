import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { librariesOf, readElf } from '../../hack/libraries.ts'
import { ROOT } from '../tidy/tree.ts'

/** Where this machine keeps its libraries as the image's base does. */
const DEBIAN = process.platform === 'linux' && existsSync('/etc/debian_version')

function addon(processor: string, libc: string): string {
  return join(ROOT, 'node_modules/zeromq/build/linux', processor, 'node', `${libc}-127-Release/addon.node`)
}

describe('readElf', () => {
  it.each([
    ['x64', 62, 'ld-linux-x86-64.so.2'],
    ['arm64', 183, 'ld-linux-aarch64.so.1'],
  ])('names the libraries of an addon when it is for %s', (processor, machine, loader) => {
    const elf = readElf(addon(processor, 'glibc'))

    expect(elf).toMatchObject({ machine, loader: undefined })
    expect(elf.needed.toSorted()).toEqual(
      [loader, 'libc.so.6', 'libgcc_s.so.1', 'libm.so.6', 'libpthread.so.0', 'libstdc++.so.6'].toSorted(),
    )
  })

  it('refuses a file when it is none of a program', () => {
    expect(() => readElf(import.meta.filename)).toThrow('is no program of 64 bits')
  })
})

describe.runIf(DEBIAN)('librariesOf', () => {
  it('finds the libraries that ldd finds when addons for other processors and C libraries lie beside the program', () => {
    const others = [
      addon(process.arch === 'arm64' ? 'x64' : 'arm64', 'glibc'),
      addon('x64', 'musl'),
      addon('arm64', 'musl'),
    ]
    const said = execFileSync('ldd', [process.execPath], { encoding: 'utf8' })
    const paths = [...said.matchAll(/(\/\S+) \(0x/g)].map(([, path = '']) => path)

    expect([...librariesOf('/', process.execPath, others).keys()].toSorted()).toEqual(paths.toSorted())
  })

  it('fails when a library is not in the root', () => {
    const root = mkdtempSync(join(tmpdir(), 'recado-libraries-'))
    try {
      expect(() => librariesOf(root, process.execPath, [])).toThrow(`${root} has no /lib/`)
    } finally {
      rmSync(root, { recursive: true })
    }
  })
})
