import { describe, expect, it } from 'vitest'
import { codeOf, importsOf, partOf } from './imports.ts'
import { filesOf } from './tree.ts'

interface Permission {
  /** Parts of ours, through their doors. */
  readonly ours: readonly string[]
  /** Packages, and Node's own modules. */
  readonly packages: readonly string[]
}

const CORE = ['wire', 'clocks', 'ports']

/** Who may know whom. Imports point one way: nothing here names a part that stands below it. */
const PERMISSIONS: Readonly<Record<string, Permission>> = {
  wire: { ours: [], packages: ['@msgpack/msgpack', 'node:zlib'] },
  ports: { ours: ['wire'], packages: [] },
  clocks: { ours: ['wire', 'ports'], packages: [] },
  keys: { ours: ['wire', 'ports'], packages: [] },
  broker: { ours: CORE, packages: [] },
  proxy: { ours: CORE, packages: [] },
  store: { ours: CORE, packages: ['node:zlib'] },
  replication: { ours: [...CORE, 'store'], packages: [] },
  server: { ours: [...CORE, 'store', 'replication'], packages: [] },
  ref: { ours: CORE, packages: [] },
  client: { ours: CORE, packages: [] },
  operator: { ours: [...CORE, 'keys'], packages: ['zod', 'node:crypto'] },
  connect: { ours: [...CORE, 'client', 'adapters'], packages: [] },
  config: { ours: ['wire'], packages: ['zod'] },
  // An adapter may implement a port that its only user defines.
  adapters: { ours: ['wire', 'ports', 'config', 'keys', 'ref'], packages: ['*'] },
  roles: {
    ours: [
      ...CORE,
      'config',
      'adapters',
      'broker',
      'proxy',
      'store',
      'replication',
      'server',
      'ref',
      'client',
      'operator',
    ],
    packages: [],
  },
  cli: {
    ours: [...CORE, 'config', 'keys', 'adapters', 'store', 'client', 'operator'],
    packages: ['commander', 'node:*'],
  },
  main: { ours: ['config', 'roles', 'adapters', 'wire', 'ports'], packages: ['node:*'] },
}

/** What makes a run unrepeatable or does I/O, and what a core takes instead. */
const BANNED_IN_CORES = [
  [/\bDate\b/, 'the Time port'],
  [/\bperformance\b/, 'the Time port'],
  [/\bMath\.random\b/, 'the Chance port'],
  [/\bcrypto\b/, 'the Chance port'],
  [/\b(?:setTimeout|setInterval|setImmediate|queueMicrotask)\b/, 'the Timers port'],
  [/\bprocess\./, 'a parameter'],
  [/\bconsole\./, 'the Log port'],
] as const

/** A part's door. Adapters have one each, so that a process loads only the packages that it uses. */
const DOOR = /^src\/(?:\w+\/index|adapters\/[\w-]+(?:\/index)?)\.ts$/

/** The library's door wires its core to adapters, as a role does: the one file of a core that may. */
const LIBRARY_WIRING = 'src/client/connect.ts'

const CORES = new Set([
  'wire',
  'clocks',
  'ports',
  'keys',
  'broker',
  'proxy',
  'store',
  'replication',
  'server',
  'ref',
  'client',
  'operator',
])

const sources = filesOf('src', ['.ts'])

describe('the import directions', () => {
  it('table knows every part of src', () => {
    const parts = new Set(sources.map((source) => partOf(source.path)))

    expect([...parts].filter((part) => !(part in PERMISSIONS))).toEqual([])
  })

  it.each(Object.keys(PERMISSIONS))('%s imports only parts that it may know', (part) => {
    const allowed = PERMISSIONS[part]?.ours ?? []

    expect(crossings(part).filter(([, to]) => !allowed.includes(partOf(to)))).toEqual([])
  })

  it.each(Object.keys(PERMISSIONS))('%s reaches other parts through their doors', (part) => {
    expect(crossings(part).filter(([, to]) => !DOOR.test(to))).toEqual([])
  })

  it.each(Object.keys(PERMISSIONS))('%s imports only packages that it may know', (part) => {
    const allowed = PERMISSIONS[part]?.packages ?? []
    const foreign = importsOfPart(part).filter(([, to]) => !to.startsWith('src/'))

    expect(foreign.filter(([, to]) => !allowed.some((pattern) => matches(pattern, to)))).toEqual([])
  })
})

describe('the models of client-node', () => {
  it('are loaded by the reader of kubeconfigs alone, and that when it is needed', () => {
    const users = sources.filter((source) => importsOf(source).includes('@kubernetes/client-node'))
    const loads = sources.filter(({ text }) => /from '[^']*\/kubeconfig\.ts'/.test(text))

    expect(users.map(({ path }) => path)).toEqual(['src/adapters/kubernetes/kubeconfig.ts'])
    expect(loads.map(({ path }) => path)).toEqual([])
  })
})

describe('the cores', () => {
  it.each(BANNED_IN_CORES)('do without %s: they take %s', (pattern) => {
    const cores = sources.filter(({ path }) => CORES.has(partOf(path)))

    expect(cores.filter((source) => pattern.test(codeOf(source))).map((source) => source.path)).toEqual([])
  })
})

function importsOfPart(part: string): [from: string, to: string][] {
  return sources
    .filter(({ path }) => (path === LIBRARY_WIRING ? 'connect' : partOf(path)) === part)
    .flatMap((source) => importsOf(source).map((to): [string, string] => [source.path, to]))
}

function crossings(part: string): [from: string, to: string][] {
  return importsOfPart(part).filter(([from, to]) => to.startsWith('src/') && partOf(to) !== partOf(from))
}

function matches(pattern: string, name: string): boolean {
  return pattern === name || (pattern.endsWith('*') && name.startsWith(pattern.slice(0, -1)))
}
