import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

const FOLDER = import.meta.dirname
/** Not in the repository: what was built stays for the next run. */
export const BUILT = join(FOLDER, 'dist')
export const LOAD = join(BUILT, 'load')

const run = promisify(execFile)

/** Runs a command to its end and gives what it wrote; when it fails, the error says what it wrote. */
export async function output(command: string, args: readonly string[], cwd = FOLDER): Promise<string> {
  const { stdout } = await run(command, args, { cwd, maxBuffer: 64 * 1024 * 1024 })
  return stdout.trim()
}

/** Builds a package of the module in this folder; Go itself knows when there is nothing to do. */
export async function build(name: string, source: string): Promise<string> {
  const path = join(BUILT, name)
  await output('go', ['build', '-o', path, source])
  return path
}

/** Makes sure that Debian's package is there; gives its version. */
export async function debianPackage(name: string): Promise<string> {
  const installed = await versionOf(name)
  if (installed !== undefined) return installed
  if (process.getuid?.() !== 0) {
    throw new Error(`${name} is not installed: run apt-get install ${name} as root, or leave this peer out`)
  }
  await output('apt-get', ['update', '-qq'])
  await output('sh', ['-c', INSTALL_WITHOUT_STARTING, 'sh', name])
  const version = await versionOf(name)
  if (version === undefined) throw new Error(`apt-get install ${name} did not install it`)
  return version
}

async function versionOf(name: string): Promise<string | undefined> {
  try {
    const [status, version] = (
      await output('dpkg-query', ['-W', '-f', '${db:Status-Status} ${Version}', name])
    ).split(' ')
    return status === 'installed' ? version?.replace(/^\d+:/, '') : undefined
  } catch {
    return undefined
  }
}

/** A package's own service would take ports and processors; Debian asks this script whether it may start. */
const INSTALL_WITHOUT_STARTING = `
  set -eu
  policy=/usr/sbin/policy-rc.d
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\\nexit 101\\n' > "$policy"
    chmod +x "$policy"
    trap 'rm -f "$policy"' EXIT
  fi
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$1"
`
