/**
 * Adds to package-lock.json the optional packages of other platforms that npm could not reach when it wrote the lock.
 * Without their entries `npm ci` refuses the lock, also on machines that would never install them.
 * Run after each `npm install` that changes dependencies: node hack/complete-lockfile.js
 */
import { readFileSync, writeFileSync } from 'node:fs'

const OPERATING_SYSTEMS = ['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32']
const PROCESSORS = {
  'arm-eabi': 'arm',
  arm64: 'arm64',
  x64: 'x64',
  ia32: 'ia32',
  ppc64: 'ppc64',
  riscv64: 'riscv64',
  s390x: 's390x',
  arm: 'arm',
}

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'))
let added = 0
for (const parent of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
    const path = `node_modules/${name}`
    if (lock.packages[path] !== undefined) continue
    lock.packages[path] = entry(name, version, parent.dev === true)
    added++
  }
}
const sorted = Object.fromEntries(Object.entries(lock.packages).toSorted(([a], [b]) => (a < b ? -1 : 1)))
writeFileSync('package-lock.json', `${JSON.stringify({ ...lock, packages: sorted }, null, 2)}\n`)
console.log(`${added} added`)

function entry(name, version, dev) {
  const parts = name.slice(name.lastIndexOf('/') + 1)
  const os = OPERATING_SYSTEMS.find((each) => parts.includes(each))
  const processor = Object.keys(PROCESSORS).find((each) => new RegExp(`(^|-)${each}(-|$)`).test(parts))
  if (os === undefined || processor === undefined) throw new Error(`Cannot tell the platform of ${name}`)
  const libc = parts.includes('musl')
    ? { libc: ['musl'] }
    : os === 'linux' && parts.includes('gnu')
      ? { libc: ['glibc'] }
      : {}
  return { version, cpu: [PROCESSORS[processor]], ...(dev ? { dev } : {}), ...libc, optional: true, os: [os] }
}
