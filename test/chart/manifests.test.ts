import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { filesOf, ROOT } from '../tidy/tree.ts'
import { attempt, find, need } from './tools.ts'

describe('hack/install.yaml', () => {
  it('is what hack/generate-install.sh makes now', (context) => {
    need(find('helm'), context)
    const folder = mkdtempSync(join(tmpdir(), 'recado-install-'))
    const file = join(folder, 'install.yaml')
    try {
      expect(attempt('hack/generate-install.sh', [file])).toMatchObject({ status: 0 })
      expect(readFileSync(join(ROOT, 'hack/install.yaml'), 'utf8')).toBe(readFileSync(file, 'utf8'))
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('has the namespace first, then the definition, and nothing that only Helm runs', () => {
    const text = readFileSync(join(ROOT, 'hack/install.yaml'), 'utf8')
    const objects = parseAllDocuments(text).map((each) => each.toJS() as { kind: string })

    expect(objects.slice(0, 2).map(({ kind }) => kind)).toEqual(['Namespace', 'CustomResourceDefinition'])
    expect(objects.map(({ kind }) => kind)).toContain('Deployment')
    expect(text).not.toContain('helm.sh/hook')
  })
})

describe('the examples', () => {
  it.for(filesOf('examples/kubernetes', ['.yaml']).map(({ path, text }) => [path, text] as const))(
    '%s is a MessagingCluster of the name of its file',
    ([path, text]) => {
      expect(parse(text)).toMatchObject({
        kind: 'MessagingCluster',
        metadata: { name: /([\w-]+)\.yaml$/.exec(path)?.[1] },
      })
    },
  )
})
