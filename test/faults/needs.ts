import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { isIsolated } from './isolation.ts'

/** What some scenarios need of the machine. */
export type Need = 'network' | 'mount' | 'faketime'

const FAKETIME = /^\/.*\/faketime\/libfaketime\.so\.1$/
/** What cutting networks takes, tried in the network of this process alone. */
const PROBES: readonly (readonly string[])[] = [
  ['ip', 'link', 'add', 'probe', 'type', 'bridge'],
  ['ip', 'link', 'delete', 'probe'],
  ['tc', '-V'],
  ['nft', 'add', 'table', 'inet', 'probe'],
  ['nft', 'delete', 'table', 'inet', 'probe'],
]
const HOUR_MS = 3_600_000
const LIBRARIES = '/usr/lib'

/** Why this machine cannot give it; undefined when it can. */
export function missing(need: Need): string | undefined {
  switch (need) {
    case 'network':
      if (!isIsolated()) return 'network namespaces need Linux, root and unshare'
      return PROBES.every(([command = '', ...args]) => spawnSync(command, args).status === 0)
        ? undefined
        : 'cutting networks needs iproute2 and nftables'
    case 'mount':
      return isIsolated() ? undefined : 'mounting a small disk needs Linux, root and unshare'
    case 'faketime':
      return canStep() ? undefined : 'stepping clocks needs libfaketime'
  }
}

/** Whether a process's clock goes by what it is told. */
function canStep(): boolean {
  const library = faketimeLibrary()
  if (library === undefined) return false
  const env = { LD_PRELOAD: library, FAKETIME: '-3600' }
  const { stdout } = spawnSync(process.execPath, ['-p', 'Date.now()'], { env, encoding: 'utf8' })
  return Math.abs(Number(stdout) - Date.now() + HOUR_MS) < HOUR_MS / 2
}

/** Debian has it in the folder of the machine's architecture. */
export function faketimeLibrary(): string | undefined {
  if (process.platform !== 'linux') return undefined
  return readdirSync(LIBRARIES)
    .filter((name) => name.endsWith('-linux-gnu'))
    .flatMap((name) => filesIn(`${LIBRARIES}/${name}/faketime`))
    .find((path) => FAKETIME.test(path))
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder).map((name) => `${folder}/${name}`)
  } catch {
    return []
  }
}
