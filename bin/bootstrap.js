// Plain JavaScript for Node 20, without packages: it makes the packages and Node 24 available, then hands over.
import { spawn, spawnSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..')
const OWN_NODE = join(ROOT, 'node_modules', 'node', 'bin', 'node')
/** Names the process that installs: another one at the same time, from a second terminal, would spoil both. */
const TURN = join(ROOT, '.installing')
const TURN_WAIT_MS = 600_000
const TURN_LOOK_MS = 100

/** Installs what is missing or stale; the path of a Node 24 binary. Throws an Error of one line when that fails. */
export function prepare() {
  if (process.platform === 'win32') throw new Error('recado runs on Linux and macOS; on Windows use WSL2')
  if (!isInstalled()) installInTurn()
  const version = versionOf(OWN_NODE)
  if (version.startsWith('v24.')) return OWN_NODE
  throw new Error(
    `node_modules/node/bin/node is ${version || 'missing'}, but Node 24 is needed: ` +
      'set ignore-scripts=false in your npm settings, remove node_modules and try again',
  )
}

/**
 * Runs a script of this repository with Node 24, in the caller's folder and terminal, and ends this process with its
 * exit status. Signals that end this process go to the script first.
 */
export function runWithNode24(script, args) {
  let node
  try {
    node = prepare()
  } catch (error) {
    console.error(`recado: ${error.message}`)
    process.exit(1)
  }
  const child = spawn(node, [join(ROOT, script), ...args], { stdio: 'inherit' })
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  // A terminal sends Ctrl-C to the script too: here it is only kept from ending this process first.
  process.on('SIGINT', () => {
    if (!process.stdin.isTTY) child.kill('SIGINT')
  })
  child.on('error', (error) => {
    console.error(`recado: Cannot run ${node}: ${error.message}`)
    process.exit(1)
  })
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)))
}

/** Whether node_modules holds what package-lock.json names; packages for other platforms may be missing. */
function isInstalled() {
  const installed = packagesOf(join('node_modules', '.package-lock.json'))
  if (installed === undefined) return false
  const wanted = packagesOf('package-lock.json')
  if (wanted === undefined) return true
  const isThere = ([path, { version, optional, devOptional }]) =>
    installed[path] === undefined ? (optional ?? devOptional ?? false) : installed[path].version === version
  return Object.entries(wanted).every(([path, entry]) => path === '' || isThere([path, entry]))
}

/** The packages of a lock file by their folder, or undefined when there is none that can be read. */
function packagesOf(lock) {
  try {
    return JSON.parse(readFileSync(join(ROOT, lock), 'utf8')).packages
  } catch {
    return undefined
  }
}

function installInTurn() {
  takeTurn()
  try {
    if (!isInstalled()) install()
  } finally {
    rmSync(TURN, { force: true })
  }
}

/** Waits while another process installs. One that ended without a word, by Ctrl-C say, holds nobody up. */
function takeTurn() {
  const deadline = Date.now() + TURN_WAIT_MS
  while (!isTurnTaken()) {
    const holder = Number(readTurn())
    if (holder > 0 && !isAlive(holder)) rmSync(TURN, { force: true })
    else if (Date.now() < deadline) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, TURN_LOOK_MS)
    else throw new Error(`process ${holder} installs packages and does not end: end it, or remove ${TURN}`)
  }
}

function isTurnTaken() {
  try {
    writeFileSync(TURN, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw new Error(`Cannot write ${TURN}: ${error.message}`, { cause: error })
  }
}

function readTurn() {
  try {
    return readFileSync(TURN, 'utf8')
  } catch {
    return ''
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code !== 'ESRCH'
  }
}

function install() {
  console.error('recado: installing packages (npm ci)')
  const result = spawnSync('npm', ['ci', '--include=dev', '--loglevel=error'], {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
  })
  if (result.error) throw new Error(`Cannot run npm: ${result.error.message}`)
  if (result.status !== 0) {
    process.stderr.write(result.stdout + result.stderr)
    throw new Error(`npm ci failed with status ${result.status}; what it said is above`)
  }
}

function versionOf(node) {
  const result = spawnSync(node, ['--version'], { encoding: 'utf8' })
  return result.status === 0 ? result.stdout.trim() : ''
}
