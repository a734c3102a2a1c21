import type { StructuralSchema } from '../../src/operator/api/index.ts'

/** A part of a resource under a heading of its own. */
export function section(heading: string, path: string, schema: StructuralSchema = {}): string[] {
  return [heading, '', `${schema.description}.`, '', ...table(path, schema), '']
}

interface Row {
  readonly path: string
  readonly schema: StructuralSchema
  readonly needed: boolean
}

/** A row for each field below `path`. */
export function table(path: string, schema: StructuralSchema = {}): string[] {
  const rows = [...rowsOf(path, schema)].slice(1)
  return [
    '| field | type | default | meaning |',
    '|---|---|---|---|',
    ...rows.map(
      (row) => `| \`${row.path}\` | ${typeOf(row.schema)} | ${defaultOf(row)} | ${meaningOf(row)} |`,
    ),
  ]
}

function* rowsOf(path: string, schema: StructuralSchema, needed = false): Generator<Row> {
  yield { path, schema, needed }
  const inner = schema.items ?? schema
  const below = schema.items === undefined ? path : `${path}[]`
  for (const [key, each] of Object.entries(inner.properties ?? {})) {
    if (key === 'template') continue
    yield* rowsOf(`${below}.${key}`, each, inner.required?.includes(key))
  }
}

function typeOf(schema: StructuralSchema): string {
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${value}\``).join(', ')
  if (schema['x-kubernetes-int-or-string'] === true) return 'quantity'
  if (schema.items !== undefined) return `list of ${typeOf(schema.items)}`
  if (schema.additionalProperties !== undefined) return `map of ${typeOf(schema.additionalProperties)}`
  return `${schema.type}${rangeOf(schema)}`
}

function rangeOf({ minimum, maximum }: StructuralSchema): string {
  if (typeof minimum !== 'number') return ''
  return typeof maximum === 'number' && maximum < Number.MAX_SAFE_INTEGER
    ? ` from ${minimum} to ${maximum}`
    : ` from ${minimum}`
}

function defaultOf({ schema, needed }: Row): string {
  if (needed) return 'needed'
  if (schema.default === undefined) return ''
  if (schema.properties !== undefined) return ''
  return `\`${JSON.stringify(schema.default).replaceAll('"', '')}\``
}

function meaningOf({ schema }: Row): string {
  const rules = [schema, schema.items ?? {}].flatMap((each) => each['x-kubernetes-validations'] ?? [])
  return [schema.description, ...rules.map(({ message }) => sentence(message))]
    .filter((text) => text !== undefined)
    .join('. ')
}

/** A rule's message as a sentence: one that begins with a field's name keeps it as it is. */
export function sentence(message: string): string {
  const [first = '', ...rest] = message.split(' ')
  if (first.includes('.') || /[a-z][A-Z]/.test(first)) return [`\`${first}\``, ...rest].join(' ')
  return message.charAt(0).toUpperCase() + message.slice(1)
}
