import { existsSync } from 'node:fs'
import { join, posix } from 'node:path'
import { describe, expect, it } from 'vitest'
import { filesOf, ROOT, type SourceFile } from './tree.ts'

const pages = filesOf('.', ['.md'])

describe('every page of documentation', () => {
  it('has exactly one title, on its first line', () => {
    const untitled = pages.filter((page) => titles(page).length !== 1 || !page.text.startsWith('# '))

    expect(untitled.map((page) => page.path)).toEqual([])
  })

  it('links only to files that exist', () => {
    const broken = pages.flatMap((page) =>
      links(page)
        .filter(({ path }) => !existsSync(join(ROOT, path)))
        .map(({ path }) => `${page.path}: ${path}`),
    )

    expect(broken).toEqual([])
  })

  it('links only to headings that exist', () => {
    const headings = new Map(pages.map((page) => [page.path, anchors(page)]))
    const broken = pages.flatMap((page) =>
      links(page)
        .filter(({ path, anchor }) => anchor !== '' && headings.get(path)?.includes(anchor) === false)
        .map(({ path, anchor }) => `${page.path}: ${path}#${anchor}`),
    )

    expect(broken).toEqual([])
  })

  it('under docs/ is in the index', () => {
    const index = pages.find((page) => page.path === 'docs/README.md') as SourceFile
    const indexed = new Set(['docs/README.md', ...links(index).map(({ path }) => path)])
    const docs = pages.filter((page) => page.path.startsWith('docs/'))

    expect(docs.map((page) => page.path).filter((path) => !indexed.has(path))).toEqual([])
  })
})

describe('the decision records', () => {
  const records = pages.filter((page) => page.path.startsWith('docs/adr/'))

  it('are named by a number, from 0001 without holes, and a title', () => {
    const names = records.map((page) => posix.basename(page.path))

    expect(names.filter((name) => !/^\d{4}(?:-[a-z0-9]+)+\.md$/.test(name))).toEqual([])
    expect(names.map((name) => Number(name.slice(0, 4)))).toEqual(names.map((_, index) => index + 1))
  })

  it.each(['Context', 'Decision', 'Consequences'])('have a section on the %s', (section) => {
    expect(
      records.filter((page) => !page.text.includes(`\n## ${section}\n`)).map((page) => page.path),
    ).toEqual([])
  })
})

/** The text without blocks and spans of code, in which brackets and number signs mean something else. */
function prose(page: SourceFile): string {
  return page.text
    .replace(/^(```+|~~~+).*\n[\s\S]*?^\1\s*$/gm, '')
    .replace(/`[^`\n]*`/g, (span) => span.replace(/[[\]#]/g, ' '))
}

function titles(page: SourceFile): string[] {
  return [...prose(page).matchAll(/^# .+$/gm)].map(([title]) => title)
}

/** Links and pictures to files of ours, as paths from the root. */
function links(page: SourceFile): { path: string; anchor: string }[] {
  return [...prose(page).matchAll(/\]\(([^)\s]+)\)|\bsrc="([^"]+)"|\bhref="([^"]+)"/g)]
    .map(([, inline, source, href]) => inline ?? source ?? href ?? '')
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => {
      const [file = '', anchor = ''] = target.split('#')
      const path = file === '' ? page.path : posix.join(posix.dirname(page.path), file)
      return { path: path.replace(/\/$/, ''), anchor }
    })
}

/** The names that GitHub gives to headings. */
function anchors(page: SourceFile): string[] {
  return [...prose(page).matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}
