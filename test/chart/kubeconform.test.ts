import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Tool } from '../interop/tools.ts'
import { CASES } from './cases.ts'
import { UNKNOWN_KINDS, writeSchemas } from './schemas.ts'
import { attempt, find, need } from './tools.ts'

const kubeconform = find('kubeconform')
let folder: string
let schemas: string
let cluster: Tool

const read = (path: string): string => attempt('kubectl', ['get', '--raw', path]).out
const conform = (command: string, input: string) =>
  attempt(
    command,
    ['-strict', '-summary', '-schema-location', schemas, '-skip', UNKNOWN_KINDS.join(','), '-'],
    input,
  )

beforeAll(() => {
  const kubectl = find('kubectl')
  const answers = 'command' in kubectl && attempt('kubectl', ['get', '--raw', '/readyz']).status === 0
  cluster = answers
    ? { command: 'kubectl' }
    : { missing: 'no kubectl, or KUBECONFIG names no API server that answers' }
  folder = mkdtempSync(join(tmpdir(), 'recado-schemas-'))
  if (answers) schemas = writeSchemas(folder, read)
})

afterAll(() => rmSync(folder, { recursive: true }))

describe('what the chart renders', () => {
  it.for(Object.keys(CASES))('is what the API server takes, with "%s"', (name, context) => {
    need(cluster, context)
    const helm = need(find('helm'), context)
    const values = JSON.stringify(CASES[name])
    const rendered = attempt(
      helm,
      ['template', 'recado', 'charts/recado', '-n', 'recado', '--values', '-'],
      values,
    )
    const { status, out, err } = conform(need(kubeconform, context), rendered.out)

    expect({ out: out + err, status }).toMatchObject({
      status: 0,
      out: expect.stringMatching(/Valid: [1-9]\d*, .*Errors: 0/),
    })
  })

  it('would be refused with a field that no kind has', (context) => {
    need(cluster, context)
    const account = 'apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a}\nautomount: false\n'
    const { status, out } = conform(need(kubeconform, context), account)

    expect(out).toContain('automount')
    expect(status).not.toBe(0)
  })
})
