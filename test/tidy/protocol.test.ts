import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { SERVICES } from '../../src/server/services/index.ts'
import {
  BATCH_REQUESTS_MAX,
  CLIENT_LIMITS,
  CLIENT_WINDOW,
  HISTORY_LIMIT_MAX,
  ID_BYTES_MAX,
  ID_WINDOW,
  KINDS,
  MEMBERS_MAX,
  MESSAGE_BYTES_MAX,
  NAME_LENGTH_MAX,
  PEER_LIMITS,
} from '../../src/wire/index.ts'
import { ROOT } from './tree.ts'

const PAGE = readFileSync(join(ROOT, 'docs/protocol.md'), 'utf8')

describe('docs/protocol.md', () => {
  it.each([
    ['from clients', CLIENT_LIMITS],
    ['between our own processes, and to clients', PEER_LIMITS],
  ])('has the limits of frames %s', (frames, { frameBytes, depth, elements }) => {
    const figures = [frameBytes, depth, elements].map((figure) => figure.toLocaleString('en'))

    expect(PAGE).toContain(`| ${frames} | ${figures.join(' | ')} |`)
  })

  it.each([
    `at most ${MESSAGE_BYTES_MAX.toLocaleString('en')} bytes`,
    `at most ${MEMBERS_MAX} members, by its creation and by \`invite\``,
    `1 to ${NAME_LENGTH_MAX} of`,
    `string, 1 to ${ID_BYTES_MAX} bytes`,
    `an array of 1 to ${BATCH_REQUESTS_MAX.toLocaleString('en')} requests`,
    `at most ${CLIENT_WINDOW.toLocaleString('en')} requests beyond`,
    `last ${ID_WINDOW.toLocaleString('en')} operations`,
    KINDS.map((kind, index) => `${index} ${kind}`).join(', '),
  ])('says "%s"', (text) => {
    expect(PAGE.replaceAll('\n', ' ')).toContain(text)
  })

  it('has the largest page of history', () => {
    expect(PAGE.replaceAll('\n', ' ')).toContain(
      `\`limit\` is 1 to ${HISTORY_LIMIT_MAX.toLocaleString('en')}`,
    )
  })

  it('has every service of a server', () => {
    const section = sectionOf('## 3.')

    expect([...SERVICES.keys()].filter((name) => !section.includes(`\n| \`${name}\` |`))).toEqual([])
  })

  it.each([
    ['backend', '## 7.'],
    ['peer', '## 8.'],
  ])('has every kind of message of src/wire/%s.ts', (file, heading) => {
    const section = sectionOf(heading)
    const source = readFileSync(join(ROOT, `src/wire/${file}.ts`), 'utf8')
    const kinds = [...source.matchAll(/readonly kind: '([\w-]+)'/g)].map(([, kind]) => kind)

    expect(kinds.length).toBeGreaterThan(5)
    expect(kinds.filter((kind) => !section.includes(`\`${kind}\``))).toEqual([])
  })
})

function sectionOf(heading: string): string {
  return PAGE.slice(PAGE.indexOf(heading)).split('\n## ')[0] ?? ''
}
