import { execFile, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'

let clone: string
beforeEach(async () => {
  clone = await mkdtemp(join(tmpdir(), 'recado-clone-'))
  await cp('bin', join(clone, 'bin'), { recursive: true })
  await writeFile(join(clone, 'package.json'), '{"type":"module"}')
  await writeFile(join(clone, 'script.js'), 'console.log(process.argv[2]); process.exitCode = 3')
})
afterEach(() => rm(clone, { recursive: true, force: true }))

/** Lays down a clone that has been installed, with this as its Node 24. */
async function install(version: string, installed: object, wanted = installed): Promise<void> {
  await mkdir(join(clone, 'node_modules/node/bin'), { recursive: true })
  await writeFile(join(clone, 'package-lock.json'), JSON.stringify({ packages: wanted }))
  await writeFile(join(clone, 'node_modules/.package-lock.json'), JSON.stringify({ packages: installed }))
  const text = `#!/bin/sh\nif [ "$1" = --version ]; then echo ${version}; else exec '${process.execPath}' "$@"; fi\n`
  await writeFile(join(clone, 'node_modules/node/bin/node'), text, { mode: 0o755 })
}

/** Runs the script through the bootstrap, with an npm that only says that it was called, or another. */
async function run(npm = 'echo "npm $*"\nexit 1') {
  await writeFile(join(clone, 'npm'), `#!/bin/sh\n${npm}\n`, { mode: 0o755 })
  const code = "import('./bin/bootstrap.js').then((b) => b.runWithNode24('script.js', ['hello']))"
  const env = { ...process.env, PATH: `${clone}:${process.env['PATH']}` }
  return new Promise<{ status: unknown; stdout: string; stderr: string }>((resolve) => {
    execFile(process.execPath, ['-e', code], { cwd: clone, env }, (error, stdout, stderr) =>
      resolve({ status: error?.code ?? 0, stdout, stderr }),
    )
  })
}

it('runWithNode24 passes arguments and exit status on when everything is installed', async () => {
  await install('v24.1.0', { 'node_modules/a': { version: '1.0.0' } })

  expect(await run()).toEqual({ status: 3, stdout: 'hello\n', stderr: '' })
})

it('runWithNode24 does without packages for other platforms', async () => {
  const a = { 'node_modules/a': { version: '1.0.0' } }
  await install('v24.1.0', a, { ...a, 'node_modules/b': { version: '1.0.0', optional: true } })

  expect((await run()).status).toBe(3)
})

it('runWithNode24 installs when nothing or something else is installed', async () => {
  expect((await run()).stderr).toContain('npm ci --include=dev')

  await install(
    'v24.1.0',
    { 'node_modules/a': { version: '1.0.0' } },
    { 'node_modules/a': { version: '1.0.1' } },
  )
  expect(await run()).toMatchObject({ status: 1, stderr: expect.stringContaining('npm ci --include=dev') })
})

it('runWithNode24 names ignore-scripts in one line when the binary is not Node 24', async () => {
  await install('v20.1.0', {})

  expect(await run()).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/^recado: .*ignore-scripts.*\n$/),
  })
})

it('runWithNode24 installs once when two begin at the same time, and both go on', async () => {
  await install('v24.1.0', {}, { 'node_modules/a': { version: '1.0.0' } })
  // Until the other is there too it does not end, or for so long that a second npm would begin beside it.
  const npm = `echo begun >> begun
for _ in 1 2 3 4 5 6 7 8 9 10; do [ "$(wc -l < begun)" = 1 ] && sleep 0.1; done
cp package-lock.json node_modules/.package-lock.json`

  expect((await Promise.all([run(npm), run(npm)])).map(({ status }) => status)).toEqual([3, 3])
  expect(await readFile(join(clone, 'begun'), 'utf8')).toBe('begun\n')
  expect(existsSync(join(clone, '.installing'))).toBe(false)
})

it('runWithNode24 takes over when who was installing has ended', async () => {
  const { pid } = spawnSync('true')
  await writeFile(join(clone, '.installing'), String(pid))

  expect((await run()).stderr).toContain('npm ci --include=dev')
})
