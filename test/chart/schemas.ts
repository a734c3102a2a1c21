import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { resourceSchema, type StructuralSchema, userResourceSchema } from '../../src/operator/api/index.ts'

type Schema = Record<string, unknown>

/** What the chart renders, of those groups that every API server has. */
const GROUPS = [
  'api/v1',
  'apis/apps/v1',
  'apis/batch/v1',
  'apis/networking.k8s.io/v1',
  'apis/policy/v1',
  'apis/rbac.authorization.k8s.io/v1',
]
/** Kinds of Prometheus' operator: an API server without their definitions has no schema. */
export const UNKNOWN_KINDS = ['ServiceMonitor', 'PrometheusRule', 'PodMonitor']

/**
 * Writes one JSON schema a kind for kubeconform, made of what an API server says of itself, and of our own resources.
 * `read` gets a path of the API server. Returns the place to tell kubeconform.
 */
export function writeSchemas(folder: string, read: (path: string) => string): string {
  mkdirSync(folder, { recursive: true })
  const write = (group: string, version: string, kind: string, schema: Schema): void => {
    // What kubeconform calls the group of the core is its version.
    const name = [kind, group === '' ? version : group, version].join('-').toLowerCase()
    writeFileSync(join(folder, `${name}.json`), JSON.stringify(schema))
  }
  for (const path of GROUPS) {
    const { components } = JSON.parse(read(`/openapi/v3/${path}`)) as { components: { schemas: Schema } }
    const closed = closeObjects(components) as Schema
    for (const [name, schema] of Object.entries(components.schemas)) {
      const kinds = (schema as Schema)['x-kubernetes-group-version-kind'] as
        | Record<string, string>[]
        | undefined
      const [first, ...others] = kinds ?? []
      if (first === undefined || others.length > 0) continue
      const { group = '', version = '', kind = '' } = first
      write(group, version, kind, { $ref: `#/components/schemas/${name}`, components: closed })
    }
  }
  write('recado.dev', 'v1alpha1', 'MessagingCluster', ownSchema(resourceSchema()))
  write('recado.dev', 'v1alpha1', 'MessagingUser', ownSchema(userResourceSchema()))
  return join(folder, '{{.ResourceKind}}-{{.Group}}-{{.ResourceAPIVersion}}.json')
}

function ownSchema({ properties, ...rest }: StructuralSchema): Schema {
  // The API server adds what metadata holds.
  return closeObjects({ ...rest, properties: { ...properties, metadata: {} } }) as Schema
}

/** As the API server does with strict field validation: what an object does not name is an error. */
function closeObjects(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closeObjects)
  if (typeof value !== 'object' || value === null) return value
  const schema = value as Schema
  const inner = Object.fromEntries(Object.entries(schema).map(([key, each]) => [key, closeObjects(each)]))
  const isOpen = schema['x-kubernetes-preserve-unknown-fields'] === true || 'additionalProperties' in schema
  const isObject = schema['type'] === 'object' && typeof schema['properties'] === 'object'
  return isObject && !isOpen ? { ...inner, additionalProperties: false } : inner
}
