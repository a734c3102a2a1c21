import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const FOLDER = new URL('../../src/adapters/folder.ts', import.meta.url).href

interface Taker {
  readonly process: ChildProcess
  /** `held`, or the code of the error. */
  readonly outcome: Promise<string>
}

let folder: string
let takers: Taker[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'recado-lock-'))
  takers = []
})

afterEach(async () => {
  await Promise.all(takers.map(kill))
  rmSync(folder, { recursive: true })
})

/** A process that tries to take the folder, at the time given, and keeps it for as long as it lives. */
function take(where = folder, at = 0): Taker {
  const program = `
    import { prepareFolder } from ${JSON.stringify(FOLDER)}
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, ${at} - Date.now())))
    try {
      await prepareFolder(${JSON.stringify(where)}, { cluster: 'a/b', name: 's' })
      process.stdout.write('held')
      setInterval(() => {}, 1000)
    } catch (error) {
      process.stdout.write(error.code ?? String(error))
    }`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const outcome = new Promise<string>((resolve) => {
    child.stdout?.once('data', (text: Buffer) => resolve(text.toString()))
    child.once('exit', () => resolve('ended without a word'))
  })
  const taker = { process: child, outcome }
  takers.push(taker)
  return taker
}

async function kill({ process: child }: Taker): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await ended
}

describe('prepareFolder', () => {
  it('refuses a second process, and gives the folder to the next once the first was killed', async () => {
    const first = take()
    expect(await first.outcome).toBe('held')
    expect(await take().outcome).toBe('folder_in_use')
    await kill(first)
    const next = take()
    expect(await next.outcome).toBe('held')
    expect(await take().outcome).toBe('folder_in_use')
    expect(readdirSync(folder).filter((name) => name.endsWith('.sock'))).toHaveLength(1)
  })

  it('refuses while the process that has the folder stands still', async () => {
    const first = take()
    expect(await first.outcome).toBe('held')
    first.process.kill('SIGSTOP')
    expect(await take().outcome).toBe('folder_in_use')
  })

  it('gives a folder that a dead process left to exactly one of several that want it at once', async () => {
    for (let round = 0; round < 3; round++) {
      const first = take()
      expect(await first.outcome).toBe('held')
      await kill(first)
      const at = Date.now() + 1500
      const rivals = Array.from({ length: 6 }, () => take(folder, at))
      const outcomes = await Promise.all(rivals.map(({ outcome }) => outcome))
      expect(outcomes.toSorted()).toEqual([...Array<string>(5).fill('folder_in_use'), 'held'])
      await Promise.all(rivals.map(kill))
    }
  })

  it('works in a folder whose path is too long for a socket', async () => {
    const long = join(folder, 'x'.repeat(100))
    mkdirSync(long)
    const first = take(long)
    expect(await first.outcome).toBe('held')
    expect(await take(long).outcome).toBe('folder_in_use')
    await kill(first)
    expect(await take(long).outcome).toBe('held')
  })
})
