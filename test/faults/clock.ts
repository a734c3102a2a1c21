import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const FAKETIME = /^\/.*\/faketime\/libfaketime\.so\.1$/
const LIBRARIES = '/usr/lib'
const HOUR_S = 3600
/** Longer than a process goes by what it read last. */
const STEPPED_MS = 5000
const PROBE_MS = 20_000
/**
 * Ends with 0 once its clock has stepped back by an hour while it ran, and its monotonic clock has not; it steps it itself,
 * by the file that it is given.
 */
const PROBE = `
const began = { wall: Date.now(), monotonic: performance.now() }
require('node:fs').writeFileSync(process.argv[1], process.argv[2])
setInterval(() => {
  const passed = performance.now() - began.monotonic
  const stepped = Date.now() - began.wall - passed
  if (Math.abs(stepped + ${HOUR_S * 1000}) < 60_000) process.exit(0)
  if (passed < 0 || passed > ${STEPPED_MS}) process.exit(1)
}, 50)`

/** The clock of one process, which goes as a file says that the process reads anew each second. */
export class Clock {
  readonly #file: string

  constructor(file: string) {
    this.#file = file
  }

  /** What the process has to be started with. */
  get environment(): Readonly<Record<string, string>> {
    return {
      LD_PRELOAD: faketimeLibrary() ?? '',
      FAKETIME_TIMESTAMP_FILE: this.#file,
      FAKETIME_CACHE_DURATION: '1',
      DONT_FAKE_MONOTONIC: '1',
    }
  }

  /** Steps it to so many seconds beside the machine's. */
  step(seconds: number): void {
    writeFileSync(this.#file, offset(seconds))
  }
}

/** Whether a process's clock can be stepped here, in the very way in which scenarios do it. */
export function canStep(): boolean {
  if (faketimeLibrary() === undefined) return false
  const folder = mkdtempSync(join(tmpdir(), 'recado-clock-'))
  try {
    const file = join(folder, 'clock')
    const clock = new Clock(file)
    clock.step(0)
    const { status } = spawnSync(process.execPath, ['-e', PROBE, file, offset(-HOUR_S)], {
      env: clock.environment,
      stdio: 'ignore',
      timeout: PROBE_MS,
    })
    return status === 0
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function offset(seconds: number): string {
  return `${seconds < 0 ? '' : '+'}${seconds}\n`
}

/** Debian has it in the folder of the machine's architecture. */
function faketimeLibrary(): string | undefined {
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
