import { execFile } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ROOT } from '../tidy/tree.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'recado-audit-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Runs it with an npm that answers this and ends with 1, as npm does for vulnerabilities and for failures. */
function audited(answer: string): Promise<{ status: number; out: string; err: string }> {
  const npm = join(folder, 'npm')
  writeFileSync(join(folder, 'answer'), answer)
  writeFileSync(
    npm,
    `#!/bin/sh\n[ "$*" = "audit --omit=dev --json" ] && cat ${join(folder, 'answer')}\nexit 1\n`,
  )
  chmodSync(npm, 0o755)
  const env = { ...process.env, PATH: `${folder}:${process.env['PATH']}` }
  return new Promise((resolve) => {
    execFile(process.execPath, [join(ROOT, 'hack', 'audit.js')], { env }, (error, out, err) =>
      resolve({ status: error === null ? 0 : Number(error.code), out, err }),
    )
  })
}

describe('hack/audit.js', () => {
  it('says that nothing is known', async () => {
    const answer = {
      vulnerabilities: {},
      metadata: { vulnerabilities: { total: 0 }, dependencies: { prod: 115 } },
    }

    expect(await audited(JSON.stringify(answer))).toEqual({
      status: 0,
      out: 'No known vulnerability in 115 production packages\n',
      err: '',
    })
  })

  it('fails with each package that is known to be vulnerable, and why', async () => {
    const via = [{ title: 'Reads too far', url: 'https://example.com/1' }, 'other']
    const answer = {
      vulnerabilities: { one: { severity: 'high', via } },
      metadata: { vulnerabilities: { total: 1 } },
    }

    expect(await audited(JSON.stringify(answer))).toEqual({
      status: 1,
      out: '',
      err: 'one: high: Reads too far https://example.com/1; by other\n',
    })
  })

  it('calls nothing clean where the registry keeps no list', async () => {
    const { status, out } = await audited(
      JSON.stringify({ message: '405 Method Not Allowed', statusCode: 405 }),
    )

    expect(status).toBe(0)
    expect(out).toContain('Not checked')
  })

  it.each(['{"message":"502 Bad Gateway","statusCode":502}', 'not JSON', ''])(
    'fails when the registry cannot be asked: %s',
    async (answer) => {
      const { status, err } = await audited(answer)

      expect(status).toBe(1)
      expect(err).toContain('npm audit failed')
    },
  )
})
