import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { ROOT } from '../tidy/tree.ts'

const run = promisify(execFile)

it('npm run bench measures a real system and stores nothing of a short run', async () => {
  const args = ['--rows', 'one-8,delay', '--runs', '1', '--seconds', '0.2', '--profile', 'broker']
  const { stdout, stderr } = await run(process.execPath, [join(ROOT, 'test/bench/main.ts'), ...args])

  expect(stdout).toMatch(/^\| one at a time, 8 clients +\| +[1-9]/m)
  expect(stdout).toMatch(/^\| publication to subscriber, 100 a second +\| +[1-9]/m)
  // The profile tells which of our own functions ran.
  expect(stdout).toMatch(/^\| .* src\/broker\/\S+:\d+ +\|/m)
  expect(stderr).toContain('Not stored')
}, 90_000)

it('npm run bench -- secured measures both modes and stores nothing of a short run', async () => {
  const args = ['secured', '--rows', 'one-8', '--runs', '1', '--seconds', '0.2']
  const { stdout, stderr } = await run(process.execPath, [join(ROOT, 'test/bench/main.ts'), ...args])

  expect(stdout).toMatch(/^\| one at a time, 8 clients: of the throughput in open mode .* [1-9]\d* % /m)
  expect(stderr).toContain('Not stored')
}, 90_000)
