/**
 * Completes npm's bill of materials (CycloneDX, on standard input) with what else is in the image: node, what is linked into
 * it and into the addons of zeromq and lmdb, and the Debian packages of libraries in the root of a system. Versions are those
 * of the node that runs this and of the packages beside it, which are the same for every processor.
 *   npm sbom --omit=dev --sbom-format=cyclonedx | node hack/sbom.ts / /lib/x86_64-linux-gnu/libc.so.6
 */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { version as lmdb } from 'lmdb'
import { version as libzmq } from 'zeromq'

interface Component {
  readonly 'bom-ref'?: string
  readonly type: 'application' | 'library' | 'platform'
  readonly name: string
  readonly version?: string
  readonly purl?: string
  readonly components?: readonly Component[]
}

interface Bill {
  readonly components: readonly Component[]
}

/** In `process.versions` beside the libraries: interfaces, and data. */
const NO_LIBRARIES = new Set(['node', 'modules', 'napi', 'cldr', 'tz', 'unicode'])

function node(): Component {
  const linked = Object.entries(process.versions).filter(([name]) => !NO_LIBRARIES.has(name))
  const { version } = process
  return {
    'bom-ref': `node@${version.slice(1)}`,
    type: 'platform',
    name: 'node',
    version: version.slice(1),
    purl: `pkg:generic/node@${version.slice(1)}`,
    components: linked.map(([name, of = '']) => ({ type: 'library', name, version: of })),
  }
}

/** What is linked into a package's addon; libsodium's version can be read from nothing. */
const LINKED: Readonly<Record<string, readonly Component[]>> = {
  zeromq: [
    { type: 'library', name: 'libzmq', version: libzmq },
    { type: 'library', name: 'libsodium' },
  ],
  lmdb: [{ type: 'library', name: 'LMDB', version: `${lmdb.major}.${lmdb.minor}.${lmdb.patch}` }],
}

function withLinked(component: Component): Component {
  const components = LINKED[component.name]
  return components === undefined ? component : { ...component, components }
}

/** The package of a library's file. Where /lib is a link to /usr/lib, packages still name either. */
function debianPackage(path: string): Component {
  const [owner = ''] = query('--search', `*${path}`).split(', ')
  const [name = '', version = '', architecture = ''] = query(
    '--show',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: fields of dpkg-query
    '--showformat=${Package} ${Version} ${Architecture}',
    owner.replace(/: .*/, ''),
  ).split(' ')
  return {
    'bom-ref': `${name}@${version}`,
    type: 'library',
    name,
    version,
    purl: `pkg:deb/debian/${name}@${encodeURIComponent(version)}?arch=${architecture}`,
  }
}

function query(...args: readonly string[]): string {
  return execFileSync('dpkg-query', [`--admindir=${join(system, 'var/lib/dpkg')}`, ...args], {
    encoding: 'utf8',
  }).trim()
}

const [system = '/', ...libraries] = process.argv.slice(2)
const bill = JSON.parse(await text(process.stdin)) as Bill
const packages = libraries.map(debianPackage)
const distinct = [...new Map(packages.map((each) => [each['bom-ref'], each])).values()]
const components = [...bill.components.map(withLinked), node(), ...distinct]
process.stdout.write(`${JSON.stringify({ ...bill, components }, null, 1)}\n`)
