import { lstatSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readElf } from '../../hack/libraries.ts'
import { buildImage } from '../cluster/support/image.ts'
import { Machine } from '../cluster/support/machine.ts'
import type { Tool } from '../interop/tools.ts'
import { attempt, find, need } from './tools.ts'

const BUILD_MS = 10 * 60_000
const missing = Machine.missing()
const buildah: Tool = missing === undefined ? find('buildah') : { missing }
const LOAD = `
  const { open } = await import('lmdb')
  const store = open({ path: '/tmp/store' })
  await store.put('key', 'value')
  const zmq = await import('zeromq')
  console.log(JSON.stringify({ stored: store.get('key'), curve: zmq.capability.curve, node: process.versions.node }))
  await store.close()
`

interface Bill {
  readonly bomFormat: string
  readonly components: readonly { readonly name: string; readonly version: string; readonly purl: string }[]
}

interface File {
  /** From the image's root. */
  readonly path: string
  readonly mode: number
}

let container = ''
let root = ''
let files: readonly File[] = []

beforeAll(async () => {
  if ('missing' in buildah) return
  const image = await buildImage()
  container = buildahSays('from', '--pull-never', `localhost/${image}`)
  root = buildahSays('mount', container)
  files = walk('/')
}, BUILD_MS)

afterAll(() => {
  if (container !== '') buildahSays('rm', container)
})

describe('the image', () => {
  it('holds one executable, node, and the loader of its libraries', (context) => {
    need(buildah, context)
    const executables = files.filter(({ mode }) => (mode & 0o111) !== 0).map(({ path }) => path)

    expect(executables.toSorted()).toEqual([
      expect.stringMatching(/^\/lib(?:64)?\/(?:[\w-]+\/)?ld-[\w.-]+$/),
      '/usr/local/bin/node',
    ])
  })

  it('holds addons for its own processor alone', (context) => {
    need(buildah, context)
    const machineOf = (path: string): number => readElf(join(root, path)).machine
    const addons = files.filter(({ path }) => path.endsWith('.node')).map(({ path }) => machineOf(path))

    expect(new Set(addons)).toEqual(new Set([machineOf('/usr/local/bin/node')]))
  })

  it('holds nothing that gives whoever runs it more rights', (context) => {
    need(buildah, context)

    expect(files.filter(({ mode }) => (mode & 0o6000) !== 0)).toEqual([])
  })

  it('opens its addons, as the user that it runs as', (context) => {
    need(buildah, context)
    const run = ['run', '--isolation', 'chroot', container, '--']
    const said = buildahSays(...run, 'node', '--input-type=module', '-e', LOAD)

    expect(JSON.parse(said)).toMatchObject({ stored: 'value', curve: true })
    expect(buildahSays(...run, 'node', '-p', 'process.getuid()')).toBe('65532')
  })

  it('holds a bill of materials with every package, node and the libraries of the system', (context) => {
    need(buildah, context)
    const bill = JSON.parse(readFileSync(join(root, 'recado', 'sbom.json'), 'utf8')) as Bill
    const billed = (kind: string): string[] =>
      bill.components
        .filter(({ purl }) => purl.startsWith(`pkg:${kind}/`))
        .map(({ name, version }) => `${name}@${version}`)
    const libraries = files.filter(({ path }) => /^(?:\/usr)?\/lib/.test(path))

    expect(bill.bomFormat).toBe('CycloneDX')
    expect(billed('npm').toSorted()).toEqual(packages().toSorted())
    expect(billed('generic')).toEqual([expect.stringMatching(/^node@24\./)])
    expect(billed('deb').map((each) => each.replace(/\d*@.*/, ''))).toEqual(
      expect.arrayContaining(['libc', 'libgcc-s', 'libstdc++']),
    )
    expect(libraries.map(({ path }) => basename(path)).filter((name) => !/^(?:lib|ld-)/.test(name))).toEqual(
      [],
    )
  })
})

function buildahSays(...args: readonly string[]): string {
  const { status, out, err } = attempt('buildah', args)
  if (status !== 0) throw new Error(`buildah ${args[0]} ended with ${status}: ${err}`)
  return out.trim()
}

/** Every file of the image. */
function walk(folder: string): File[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return walk(path)
    return entry.isFile() ? [{ path, mode: lstatSync(join(root, path)).mode }] : []
  })
}

/** The packages that are there, by name and version. */
function packages(): string[] {
  return files
    .filter(({ path }) => /\/node_modules\/(?:@[^/]+\/)?[^/]+\/package\.json$/.test(path))
    .map(
      ({ path }) => JSON.parse(readFileSync(join(root, path), 'utf8')) as { name: string; version: string },
    )
    .map(({ name, version }) => `${name}@${version}`)
}
