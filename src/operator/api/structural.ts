import { z } from 'zod'

/** A schema as a CustomResourceDefinition takes it: of OpenAPI 3.0 only what is structural. */
export interface StructuralSchema {
  readonly type?: string
  readonly description?: string
  readonly default?: unknown
  readonly enum?: readonly string[]
  readonly properties?: Readonly<Record<string, StructuralSchema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: StructuralSchema
  readonly items?: StructuralSchema
  readonly 'x-kubernetes-validations'?: readonly { readonly rule: string; readonly message: string }[]
  readonly [key: string]: unknown
}

const REFUSED = ['$ref', 'oneOf', 'anyOf', 'allOf', 'not', 'const', 'if', 'patternProperties']

/**
 * The schema of the definition from the schema of the code. What zod writes and the API server does not take is
 * rewritten or refused here.
 * @throws Error that names the place, for what has no structural form
 */
export function structural(schema: z.ZodType): StructuralSchema {
  const plain = z.toJSONSchema(schema, {
    target: 'openapi-3.0',
    io: 'input',
    reused: 'inline',
    cycles: 'throw',
    unrepresentable: 'throw',
  })
  return rewrite(plain, '$')
}

function rewrite(schema: Record<string, unknown>, path: string): StructuralSchema {
  if (schema['x-kubernetes-int-or-string'] === true) return without(schema, ['anyOf', 'type'])
  if (schema['x-kubernetes-preserve-unknown-fields'] === true) {
    return { ...without(schema, ['properties', 'additionalProperties']), type: 'object' }
  }
  const refused = REFUSED.filter((key) => key in schema)
  if (refused.length > 0 || typeof schema['type'] !== 'string') {
    throw new Error(`${path} is not structural: ${refused.join(', ') || 'it has no type'}`)
  }
  const { properties, items, additionalProperties } = schema as Record<string, Record<string, never>>
  return {
    ...schema,
    ...(properties && { properties: mapValues(properties, (each, key) => rewrite(each, `${path}.${key}`)) }),
    ...(items && { items: rewrite(items, `${path}[]`) }),
    ...(additionalProperties && { additionalProperties: rewrite(additionalProperties, `${path}.*`) }),
  }
}

function without(schema: Record<string, unknown>, keys: readonly string[]): StructuralSchema {
  return Object.fromEntries(Object.entries(schema).filter(([key]) => !keys.includes(key)))
}

function mapValues<From, To>(
  record: Readonly<Record<string, From>>,
  change: (value: From, key: string) => To,
): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value, key)]))
}
