import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ROOT } from './tree.ts'

interface Locked {
  readonly dev?: boolean
  readonly hasInstallScript?: boolean
  readonly integrity?: string
  readonly os?: readonly string[]
  readonly cpu?: readonly string[]
}

const page = readFileSync(join(ROOT, 'docs', 'dependencies.md'), 'utf8')
const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  dependencies: Readonly<Record<string, string>>
}
const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
  packages: Readonly<Record<string, Locked>>
}
const production = Object.entries(packages).flatMap(([path, locked]) =>
  path === '' || locked.dev === true
    ? []
    : [{ name: path.replace(/^.*node_modules\//, ''), path, ...locked }],
)
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )

describe('docs/dependencies.md', () => {
  it('names every production dependency of package.json and no other', () => {
    expect(rows.map(([name = '']) => name.replaceAll('`', '')).toSorted()).toEqual(
      Object.keys(dependencies).toSorted(),
    )
  })

  it('says of each what it does and why it is not our own', () => {
    expect(rows.filter((cells) => cells.length !== 5 || cells.includes(''))).toEqual([])
  })

  it('says which packages have scripts that npm runs when they are installed', () => {
    const named = rows.filter(([, , , , scripts]) => scripts !== 'none').map(([name = '']) => name)
    const others = [...page.matchAll(/^`([^`]+)` \(of `[^`]+`\) has a script/gm)].map(
      ([, name]) => `\`${name}\``,
    )
    const scripted = production.filter(({ hasInstallScript }) => hasInstallScript === true)

    expect([...named, ...others].toSorted()).toEqual(scripted.map(({ name }) => `\`${name}\``).toSorted())
  })
})

describe('package-lock.json', () => {
  it('pins by a hash every production package that an image can hold', () => {
    // Packages for other platforms that npm could not reach when it wrote the lock have none: ADR 0007.
    const unpinned = production.filter((locked) => locked.integrity === undefined && isForImages(locked))

    expect(unpinned.map(({ path }) => path)).toEqual([])
  })
})

function isForImages({ os = ['linux'], cpu = ['x64'] }: Locked): boolean {
  return os.includes('linux') && (cpu.includes('x64') || cpu.includes('arm64'))
}
