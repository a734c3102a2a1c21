import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type FolderFiles, openFiles, removeCopy } from '../../../src/adapters/files.ts'
import { ProjectedFile } from '../../../src/store/projected-file.ts'

const NAME = 'some.jsonl'
const LINES = Array.from({ length: 40 }, (_, number) => Buffer.from(`${number} ${'x'.repeat(100_000)}\n`))
const WHOLE = Buffer.concat(LINES)

let folder: string
let files: FolderFiles
/** What changed the file. */
let done: string[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'recado-files-'))
  done = []
  const real = openFiles(folder)
  files = {
    ...real,
    append(name, bytes) {
      done.push('append')
      real.append(name, bytes)
    },
    truncate(name, size) {
      done.push('truncate')
      real.truncate(name, size)
    },
    replaceTail(name, keep, tail) {
      done.push(`replace behind ${keep}`)
      real.replaceTail(name, keep, tail)
    },
  }
})

afterEach(() => {
  rmSync(folder, { recursive: true })
})

const path = (name = NAME): string => join(folder, name)

function project(lines: readonly Uint8Array[]): ProjectedFile {
  const file = new ProjectedFile(files, NAME)
  for (const line of lines) file.write(line)
  file.settle()
  return file
}

describe('a file', () => {
  it('that stands as it shall be is not touched', () => {
    writeFileSync(path(), WHOLE)
    project(LINES)
    expect(done).toEqual([])
  })

  it.each([0, 1, 100_000, WHOLE.byteLength - 1])(
    'whose first %i bytes stand there is appended to',
    (bytes) => {
      writeFileSync(path(), WHOLE.subarray(0, bytes))
      const file = project(LINES)
      expect(new Set(done)).toEqual(new Set(['append']))
      expect(Buffer.compare(readFileSync(path()), WHOLE)).toBe(0)
      expect(file.position).toBe(WHOLE.byteLength)
    },
  )

  it('that is missing is there whole once it is there', () => {
    project(LINES.slice(0, 1))
    expect(done).toEqual(['replace behind 0'])
    expect(Buffer.compare(readFileSync(path()), LINES[0] as Buffer)).toBe(0)
  })

  it('that is missing and has nothing in it is made', () => {
    project([])
    expect(statSync(path()).size).toBe(0)
  })

  it('is cut where something stands behind what it shall be', () => {
    writeFileSync(path(), WHOLE)
    appendFileSync(path(), 'more')
    const file = project(LINES)
    expect(done).toEqual(['truncate'])
    file.write(Buffer.from('next\n'))
    expect(Buffer.compare(readFileSync(path()), Buffer.concat([WHOLE, Buffer.from('next\n')]))).toBe(0)
  })

  it.each([
    ['longer', [...LINES, Buffer.from('more\n')]],
    ['cut short', LINES.slice(0, 30)],
  ])('whose tail is another, and %s, is copied', (_how, former) => {
    const other = former.map((line, at) => (at < 20 ? line : Buffer.from(`other ${at}\n`)))
    writeFileSync(path(), Buffer.concat(other))
    project(LINES)
    const keep = Buffer.concat(LINES.slice(0, 20)).byteLength
    expect(done).toEqual([`replace behind ${keep}`])
    expect(Buffer.compare(readFileSync(path()), WHOLE)).toBe(0)
    expect(existsSync(path(`${NAME}.new`))).toBe(false)
  })
})

describe('a file whose tail changes', () => {
  const keep = Buffer.concat(LINES.slice(0, 35)).byteLength
  const copied = (): number => statSync(path(`${NAME}.new`)).size

  beforeEach(() => {
    writeFileSync(path(), Buffer.concat([WHOLE.subarray(0, keep), Buffer.from('a former tail\n')]))
  })

  it('is copied in pieces before, and then only its tail is written', () => {
    const file = new ProjectedFile(files, NAME)
    expect(file.copyOn()).toBe(false)
    for (const line of LINES.slice(0, 36)) file.write(line)
    let pieces = 1
    while (file.copyOn()) {
      expect(copied()).toBe(pieces * 1024 * 1024)
      pieces++
    }
    expect(pieces).toBe(4)
    expect(copied()).toBe(keep)
    expect(readFileSync(path(), 'utf8')).toContain('a former tail')

    for (const line of LINES.slice(36)) file.write(line)
    file.settle()
    expect(Buffer.compare(readFileSync(path()), WHOLE)).toBe(0)
  })

  it('is what it shall be too when it changes still earlier while it is copied', () => {
    const file = new ProjectedFile(files, NAME)
    for (const line of LINES) file.write(line)
    while (file.copyOn()) {
      // As far as it goes.
    }
    file.restart()
    const late = [...LINES.slice(0, 3), Buffer.from('late\n'), ...LINES.slice(3)]
    for (const line of late) file.write(line)
    expect(file.copyOn()).toBe(false)
    file.settle()
    expect(Buffer.compare(readFileSync(path()), Buffer.concat(late))).toBe(0)
  })

  it('leaves no copy when it cannot be replaced', () => {
    mkdirSync(path('taken/some'), { recursive: true })
    expect(() => files.replaceTail('taken', 0, Buffer.from('tail'))).toThrow(/.+/)
    expect(existsSync(path('taken.new'))).toBe(false)
  })

  it('leaves no copy when it has become shorter', () => {
    expect(files.copyOn(NAME, keep)).toBe(true)
    writeFileSync(path(), WHOLE.subarray(0, 10))
    expect(() => files.replaceTail(NAME, keep, Buffer.from('tail'))).toThrow('shorter')
    expect(existsSync(path(`${NAME}.new`))).toBe(false)
  })

  it('is copied anew after a process that ended while it copied, whose copy can be removed', () => {
    writeFileSync(path(`${NAME}.new`), 'what was copied then')
    removeCopy(folder, NAME)
    expect(existsSync(path(`${NAME}.new`))).toBe(false)

    writeFileSync(path(`${NAME}.new`), 'what was copied then')
    project(LINES)
    expect(Buffer.compare(readFileSync(path()), WHOLE)).toBe(0)
  })
})
