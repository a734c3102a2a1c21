import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Output, writeMessage, writeRows } from '../../src/cli/output.ts'
import { run } from '../../src/cli/program.ts'

interface Result {
  readonly status: number
  readonly out: string
  readonly err: string
}

async function recado(args: readonly string[], environment: Record<string, string> = {}): Promise<Result> {
  let out = ''
  let err = ''
  const status = await run(args, {
    environment,
    write: (text) => {
      out += text
    },
    writeError: (text) => {
      err += text
    },
    readInput: () => Promise.resolve(new Uint8Array()),
    signal: new AbortController().signal,
  })
  return { status, out, err }
}

const COMMANDS = [
  'login',
  'channel',
  'users',
  'channels',
  'publish',
  'message',
  'subscribe',
  'history',
  'status',
  'verify',
  'restore',
  'start',
  'bench',
  'kubernetes',
]

describe('recado', () => {
  it('shows examples first and names every command when asked for help', async () => {
    const { status, out } = await recado(['--help'])

    expect(status).toBe(0)
    expect(out).toMatch(/^Examples:\n {2}recado start\n/)
    for (const command of COMMANDS) expect(out).toMatch(new RegExp(`^  ${command} `, 'm'))
  })

  it.each(COMMANDS)('%s shows its own examples first when asked for help', async (command) => {
    const { status, out } = await recado([command, '--help'])

    expect(status).toBe(0)
    expect(out).toMatch(new RegExp(`^Examples:\\n {2}.*recado ${command}`))
  })

  it.each([
    ['no command', []],
    ['an unknown command', ['nope']],
    ['an unknown option', ['users', '--nope']],
    ['a missing argument', ['publish', 'general']],
    ['an argument too many', ['users', 'ana']],
    ['an unknown level', ['publish', 'general', 'a', '--acks', 'two']],
    ['an unknown format', ['users', '--output', 'xml']],
    ['a time limit that is no number', ['users', '--timeout', 'soon']],
    ['a broker that is no address', ['users', '--broker', 'localhost']],
    ['a user that is no name', ['publish', 'general', 'a', '--user', 'ana maria']],
    ['neither a channel nor --direct', ['subscribe']],
    ['both a channel and --direct', ['history', 'general', '--direct']],
    ['a limit that is no number', ['history', 'general', '--limit', '0']],
    ['one folder to compare', ['verify', 'data']],
    ['a permit for what is no name', ['keys', 'permit', 'ana maria']],
    ['a permit for no time', ['keys', 'permit', 'ana', '--minutes', '0']],
    ['a permit for more than a day', ['keys', 'permit', 'ana', '--minutes', '1441']],
    ['a permit for a time that is no number', ['keys', 'permit', 'ana', '--minutes', 'long']],
    ['a permit where no keys are', ['keys', 'permit', 'ana', '--folder', '/nonexistent-1']],
    ['folders that hold nothing', ['verify', '/nonexistent-1', '/nonexistent-2']],
    ['a folder to restore that is not there', ['restore', '/nonexistent-1']],
    ['no Kubernetes to ask', ['kubernetes', 'check']],
    ['an operator that is no URL', ['kubernetes', 'check', '--operator', 'recado']],
    ['nothing to do with a definition', ['kubernetes', 'definition', 'delete']],
    ['too large a bench', ['bench', '--clients', '100000']],
    ['a wrong number of servers', ['start', '--servers', 'x']],
  ])('ends with 2 and one line on standard error when given %s', async (_, args) => {
    const { status, out, err } = await recado(args)

    expect(err).toMatch(/^recado: bad_option: [A-Z-/"].*[^.\n]\n$/)
    expect(out).toBe('')
    expect(status).toBe(2)
  })

  it('ends with 1 and the code when nobody answers', async () => {
    const { status, err } = await recado(['users', '--timeout', '200', '--broker', 'tcp://127.0.0.1:1'])

    expect(err).toMatch(/^recado: unavailable: No answer from tcp:\/\/127\.0\.0\.1:1 /)
    expect(status).toBe(1)
  })

  it('takes the broker from the environment', async () => {
    const { err } = await recado(['users', '--timeout', '200'], { RECADO_BROKER: 'tcp://127.0.0.1:2' })

    expect(err).toContain('tcp://127.0.0.1:2')
  })
})

describe('recado verify', () => {
  let folder: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'recado-cli-'))
  })

  afterEach(() => rmSync(folder, { recursive: true }))

  function server(name: string, publications: string): string {
    const path = join(folder, name)
    rmSync(path, { recursive: true, force: true })
    const made = mkdtempSync(`${path}-`)
    writeFileSync(join(made, 'publications.jsonl'), publications)
    writeFileSync(join(made, 'messages.jsonl'), '')
    writeFileSync(join(made, 'registry.json'), '{}')
    return made
  }

  it('ends with 0 when all files are the same', async () => {
    const folders = ['a', 'b', 'c'].map((name) => server(name, 'one\ntwo\n'))
    const { status, out } = await recado(['verify', ...folders, '--output', 'json'])

    expect(status).toBe(0)
    expect(
      out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { file: 'publications.jsonl', equal: true, bytes: 8 },
      { file: 'messages.jsonl', equal: true, bytes: 0 },
      { file: 'registry.json', equal: true, bytes: 2 },
    ])
  })

  it.each([
    ['differs', 'one\ntwo\nthree\n', 'one\ntoo\nthree\n', 2, ['two', 'too']],
    ['is cut short', 'one\ntwo\n', 'one\n', 2, ['two', undefined]],
    ['differs far in', `${'x\n'.repeat(600_000)}a\n`, `${'x\n'.repeat(600_000)}b\n`, 600_001, ['a', 'b']],
  ])('ends with 1 and shows the line when one file %s', async (_, a, b, line, lines) => {
    const folders = [server('a', a), server('b', b)]
    const table = await recado(['verify', ...folders])
    const { status, out, err } = await recado(['verify', ...folders, '--output', 'json'])

    expect(status).toBe(1)
    expect(err).toMatch(/^recado: files_differ: publications\.jsonl /)
    expect(JSON.parse(out.split('\n')[0] ?? '')).toEqual(
      JSON.parse(JSON.stringify({ file: 'publications.jsonl', equal: false, line, lines })),
    )
    expect(table.out).toContain(`${folders[0]}: ${lines[0]}\n`)
  })
})

describe('writeRows', () => {
  it('aligns columns under their heads, and shows nothing as a dash', () => {
    expect(
      written(false, (output) =>
        writeRows(output, ['name', 'rank'], [{ name: 'server-1', rank: 1 }, { name: 'b' }]),
      ),
    ).toBe('NAME      RANK\nserver-1  1\nb         -\n')
  })
})

describe('writeMessage', () => {
  const message = {
    clock: 1,
    timestamp: 0,
    operation: { clock: 1, origin: 's', incarnation: 1, seq: 1 },
    previous: 0,
    id: 'a',
    user: 'ana',
    channel: 'general',
  }

  it('lets no message steer the terminal', () => {
    expect(written(false, (output) => writeMessage(output, { ...message, message: '\u001B[2Jhi' }))).toBe(
      '1970-01-01 00:00:00  ana: \\u001b[2Jhi\n',
    )
  })

  it('gives bytes as base64 to programs', () => {
    const out = written(true, (output) => writeMessage(output, { ...message, message: Uint8Array.of(1, 2) }))

    expect(JSON.parse(out)).toMatchObject({ user: 'ana', channel: 'general', messageBase64: 'AQI=' })
  })
})

function written(json: boolean, write: (output: Output) => void): string {
  let text = ''
  write({
    json,
    write: (part) => {
      text += part
    },
  })
  return text
}
