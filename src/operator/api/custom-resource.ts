import type { z } from 'zod'
import type { KubeObject, ResourceKind } from '../../ports/index.ts'
import { KINDS } from '../kinds.ts'
import { GROUP } from '../names.ts'
import type { Rule } from './schema/fields.ts'
import { type StructuralSchema, structural } from './structural.ts'

export type Column = readonly [name: string, type: string, jsonPath: string, description: string]

export interface CustomResource {
  readonly kind: ResourceKind
  readonly shortNames: readonly string[]
  readonly categories: readonly string[]
  readonly schema: StructuralSchema
  readonly subresources: object
  readonly columns: readonly Column[]
  /** How many of the columns are always shown; the others come with `-o wide`. */
  readonly columnsShown: number
}

/** The CustomResourceDefinition of a kind of ours. */
export function customResourceDefinition(resource: CustomResource): KubeObject {
  const { kind, plural } = resource.kind
  return {
    apiVersion: KINDS.definition.apiVersion,
    kind: KINDS.definition.kind,
    metadata: { name: `${plural}.${GROUP}` },
    spec: {
      group: GROUP,
      scope: 'Namespaced',
      names: {
        kind,
        listKind: `${kind}List`,
        plural,
        singular: kind.toLowerCase(),
        shortNames: resource.shortNames,
        categories: resource.categories,
      },
      versions: [versionOf(resource)],
    },
  }
}

export interface ResourceSchema {
  readonly kind: ResourceKind
  readonly description: string
  readonly spec: z.ZodType
  readonly status: z.ZodType
  readonly rules: readonly Rule[]
  /** Whether there is something that must be said. */
  readonly needsSpec: boolean
}

/** The schema of a whole resource, as the API server holds it. */
export function schemaOf({
  kind,
  description,
  spec,
  status,
  rules,
  needsSpec,
}: ResourceSchema): StructuralSchema {
  return {
    type: 'object',
    description,
    properties: {
      apiVersion: {
        type: 'string',
        description: `The group and version of this form: ${kind.apiVersion}`,
      },
      kind: { type: 'string', description: kind.kind },
      metadata: { type: 'object' },
      spec: structural(spec),
      status: structural(status),
    },
    ...(needsSpec && { required: ['spec'] }),
    'x-kubernetes-validations': rules.map((rule) => ({ ...rule })),
  }
}

function versionOf({ kind, schema, subresources, columns, columnsShown }: CustomResource): unknown {
  return {
    name: kind.apiVersion.slice(GROUP.length + 1),
    served: true,
    storage: true,
    schema: { openAPIV3Schema: schema },
    subresources,
    additionalPrinterColumns: columns.map(([name, type, jsonPath, description], index) => ({
      name,
      type,
      jsonPath,
      description,
      ...(index >= columnsShown && { priority: 1 }),
    })),
  }
}
