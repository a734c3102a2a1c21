import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { selectorLabels, serverName, userSecretName } from '../../src/operator/names.ts'
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

/** What a test reads of an example. */
interface Manifest {
  readonly kind: string
  readonly metadata: { readonly name: string }
  readonly spec: {
    readonly cluster?: string
    readonly volumes?: readonly { readonly secret?: { readonly secretName: string } }[]
  }
}

const EXAMPLES = filesOf('examples/kubernetes', ['.yaml']).map(({ path, text }) => ({
  path,
  manifests: parseAllDocuments(text).map((each) => each.toJS() as Manifest),
}))
const isPod = ({ path }: { readonly path: string }): boolean => path.includes('/pods/')
function manifestsOf(file: string): readonly Manifest[] {
  return EXAMPLES.find(({ path }) => path.endsWith(file))?.manifests ?? []
}
const users = EXAMPLES.flatMap(({ manifests }) => manifests).filter(({ kind }) => kind === 'MessagingUser')

describe('the examples', () => {
  it.for(
    EXAMPLES.filter((example) => !isPod(example)).map(({ path, manifests }) => [path, manifests] as const),
  )(
    '%s is a MessagingCluster of the name of its file, with users of it if any',
    ([path, [first, ...others]]) => {
      const name = /([\w-]+)\.yaml$/.exec(path)?.[1]

      expect(first).toMatchObject({ kind: 'MessagingCluster', metadata: { name } })
      for (const other of others)
        expect(other).toMatchObject({ kind: 'MessagingUser', spec: { cluster: name } })
    },
  )

  it("ana's pod mounts the Secret of a user of the others", () => {
    const [pod, ...others] = manifestsOf('pods/ana.yaml')
    const secrets = users.map(({ metadata, spec }) => userSecretName(spec.cluster ?? '', metadata.name))
    const mounted = pod?.spec.volumes?.flatMap(({ secret }) => secret?.secretName ?? [])

    expect(pod?.kind).toBe('Pod')
    expect(others).toEqual([])
    expect(mounted).toHaveLength(1)
    expect(secrets).toContain(mounted?.[0])
  })

  it("restore's pod mounts the volume made with it, which the first server of with-users takes up", () => {
    const [volume, pod, ...others] = manifestsOf('pods/restore.yaml')

    expect(others).toEqual([])
    expect(volume).toMatchObject({
      kind: 'PersistentVolumeClaim',
      metadata: {
        name: `data-${serverName('with-users', 0)}`,
        labels: selectorLabels('with-users', 'server'),
      },
    })
    expect(pod).toMatchObject({
      kind: 'Pod',
      spec: { volumes: [{ persistentVolumeClaim: { claimName: volume?.metadata.name } }] },
    })
  })
})
