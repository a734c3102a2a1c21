import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'

/** Tells the inner program that it has namespaces of its own. */
const INSIDE = 'RECADO_FAULTS_ISOLATED'
const NAMESPACES = ['--net', '--mount', '--propagation', 'private']
const NETWORKS = '/run/netns'

/** Whether this process has a network and mounts of its own, which end with it. */
export function isIsolated(): boolean {
  return process.env[INSIDE] === '1'
}

/**
 * Runs this very program again with a network and mounts of its own, if the machine lets it: nothing that is done to them
 * can be seen from outside, or is left behind. The exit status, or undefined when the caller is to do the work itself.
 */
export async function runIsolated(): Promise<number | undefined> {
  if (isIsolated()) {
    furnish()
    return undefined
  }
  if (spawnSync('unshare', [...NAMESPACES, 'true']).status !== 0) return undefined
  const child = spawn('unshare', [...NAMESPACES, process.execPath, ...process.argv.slice(1)], {
    stdio: 'inherit',
    env: { ...process.env, [INSIDE]: '1' },
  })
  const pass = (signal: NodeJS.Signals): void => void child.kill(signal)
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, pass)
  return new Promise((resolve) => {
    child.once('exit', (status) => resolve(status ?? 1))
  })
}

/** A new network has not even loopback; and names of networks shall be seen by this process alone. */
function furnish(): void {
  execFileSync('ip', ['link', 'set', 'lo', 'up'])
  mkdirSync(NETWORKS, { recursive: true })
  execFileSync('mount', ['-t', 'tmpfs', 'recado-networks', NETWORKS])
}
