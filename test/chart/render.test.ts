import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, type TestContext } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { SPEC } from '../../src/operator/api/schema/spec.ts'
import { ROOT } from '../tidy/tree.ts'
import { CASES, REFUSED } from './cases.ts'
import { attempt, find, need, succeed } from './tools.ts'

const helm = find('helm')
const CHART = 'charts/recado'
const TEMPLATE = [
  'template',
  'recado',
  CHART,
  '--namespace',
  'recado',
  '--kube-version',
  '1.35.0',
  '--values',
  '-',
]

interface Rendered {
  readonly kind: string
  readonly spec?: unknown
}

interface Pod {
  readonly securityContext: unknown
  readonly containers: readonly { readonly securityContext: unknown; readonly resources: unknown }[]
}

function render(context: TestContext, values: object): string {
  return succeed(helm, context, TEMPLATE, JSON.stringify(values))
}

function objects(context: TestContext, values: object): Rendered[] {
  return parseAllDocuments(render(context, values)).map((document) => document.toJS() as Rendered)
}

describe('the chart', () => {
  it('passes helm lint --strict with every set of values', (context) => {
    const outcomes = Object.values(CASES).map((values) =>
      attempt(need(helm, context), ['lint', '--strict', CHART, '--values', '-'], JSON.stringify(values)),
    )

    expect(outcomes.filter(({ status }) => status !== 0)).toEqual([])
  })

  it.for(Object.entries(CASES))('renders "%s" as it is kept', async ([name, values], context) => {
    await expect(render(context, values)).toMatchFileSnapshot(`golden/${name}.yaml`)
  })

  it.for(REFUSED)('refuses %s and names it', ([, values, named], context) => {
    const { status, err } = attempt(need(helm, context), TEMPLATE, JSON.stringify(values))

    expect(err).toContain(named)
    expect(status).not.toBe(0)
  })

  it('is for Kubernetes 1.30 and newer', (context) => {
    const { status, err } = attempt(need(helm, context), [...TEMPLATE, '--kube-version', '1.29.9'], '{}')

    expect(err).toContain('1.30.0')
    expect(status).not.toBe(0)
  })

  it('runs every pod under the restricted profile, with what it needs said', (context) => {
    const containers = Object.values(CASES).flatMap((values) => objects(context, values).flatMap(podsOf))

    expect(containers.length).toBeGreaterThan(10)
    for (const { securityContext, containers: [container] = [] } of containers) {
      expect(securityContext).toMatchObject({
        runAsNonRoot: true,
        seccompProfile: { type: 'RuntimeDefault' },
      })
      expect(container?.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      })
      expect(container?.resources).toMatchObject({ requests: { memory: expect.anything() } })
    }
  })

  it('gives no role more than its namespaces when some are named', (context) => {
    const values = { operator: { watchNamespaces: ['shop'] }, crds: { upgrade: false } }
    const kinds = objects(context, values).map(({ kind }) => kind)

    expect(kinds.filter((kind) => kind.startsWith('Cluster'))).toEqual([])
  })
})

describe('the notes after an installation', () => {
  it('hold a whole MessagingCluster to apply', (context) => {
    const notes = renderNotes(context, {})
    const manifest = /<<'YAML'\n([\s\S]*?)YAML\n/.exec(notes)?.[1] ?? ''

    expect(SPEC.parse((parse(manifest) as { spec: unknown }).spec)).toEqual(SPEC.parse({}))
    expect(manifest.trimEnd().split('\n').length).toBeLessThanOrEqual(10)
    expect(parse(manifest)).toMatchObject({ kind: 'MessagingCluster', metadata: { name: 'recado' } })
  })

  it.for([
    ['default', {}],
    ['with-a-cluster', CASES['with-a-cluster'] as object],
    ['elsewhere', { operator: { watchNamespaces: ['shop'] } }],
    ['cluster-elsewhere', { operator: { watchNamespaces: ['shop'] }, cluster: { create: true } }],
  ] as const)('are for "%s" as they are kept', async ([name, values], context) => {
    await expect(renderNotes(context, values)).toMatchFileSnapshot(`golden/notes-${name}.txt`)
  })
})

function podsOf({ kind, spec }: Rendered): Pod[] {
  const { template } = (spec ?? {}) as { template?: { spec: Pod } }
  if (kind === 'Pod') return [spec as Pod]
  return template === undefined ? [] : [template.spec]
}

/** Helm shows notes only of what it installs; here they are rendered as a template of their own. */
function renderNotes(context: TestContext, values: object): string {
  const folder = mkdtempSync(join(tmpdir(), 'recado-notes-'))
  try {
    cpSync(join(ROOT, CHART), folder, { recursive: true })
    const templates = join(folder, 'templates')
    const notes = readFileSync(join(templates, 'NOTES.txt'), 'utf8')
    writeFileSync(join(templates, '_notes.tpl'), `{{- define "notes" -}}\n${notes}{{- end -}}`)
    writeFileSync(join(templates, 'notes.yaml'), 'notes: {{ include "notes" . | quote }}\n')
    const args = TEMPLATE.map((word) => (word === CHART ? folder : word))
    const only = ['--show-only', 'templates/notes.yaml']
    return (parse(succeed(helm, context, [...args, ...only], JSON.stringify(values))) as { notes: string })
      .notes
  } finally {
    rmSync(folder, { recursive: true })
  }
}
