import { z } from 'zod'
import { SPEC } from '../../src/operator/api/schema/spec.ts'

type JsonSchema = Record<string, unknown>

/** What a MessagingCluster's spec may be, for the values of a chart: a field that does not exist is an error. */
export function clusterSpecSchema(): JsonSchema {
  const { $schema: _, ...schema } = z.toJSONSchema(SPEC, {
    target: 'draft-7',
    io: 'input',
    reused: 'inline',
    override: ({ jsonSchema }) => strict(jsonSchema as JsonSchema),
  })
  return schema
}

/** Closes an object whose fields are known, and leaves out what only Kubernetes reads. */
function strict(schema: JsonSchema): void {
  if (schema['properties'] !== undefined) schema['additionalProperties'] ??= false
  for (const key of Object.keys(schema)) if (key.startsWith('x-kubernetes-')) delete schema[key]
}
