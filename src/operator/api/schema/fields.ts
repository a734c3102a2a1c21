import { z } from 'zod'

/** A rule in the Common Expression Language (CEL), which the API server itself holds. */
export interface Rule {
  readonly rule: string
  /** Names the field and says what is allowed. */
  readonly message: string
  /** The field that is to blame, below the one that has the rule: `.storageClassName`. */
  readonly fieldPath?: string
}

/** What the definition says of a field beyond its type. */
export interface FieldNotes {
  readonly rules?: readonly Rule[]
  /** How the API server merges a list: as a whole, or by these keys. */
  readonly list?: 'atomic' | readonly string[]
  readonly entriesMax?: number
  readonly format?: string
}

/** Keeps with the schema what it cannot say itself; `meaning` is what `kubectl explain` and the reference page show. */
export function field<Schema extends z.ZodType>(
  schema: Schema,
  meaning: string,
  notes: FieldNotes = {},
): Schema {
  const { rules, list, entriesMax, format } = notes
  return schema.meta({
    description: meaning,
    ...(rules && { 'x-kubernetes-validations': rules.map((rule) => ({ ...rule })) }),
    ...(list && { 'x-kubernetes-list-type': typeof list === 'string' ? list : 'map' }),
    ...(typeof list === 'object' && { 'x-kubernetes-list-map-keys': [...list] }),
    ...(entriesMax && { maxProperties: entriesMax }),
    ...(format && { format }),
  })
}

/** The name of an object of Kubernetes. */
export const objectName = z
  .string()
  .min(1)
  .max(253)
  .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/)

/** An amount as Kubernetes writes it: `500m`, `1.5`, `10Gi`, or a bare whole number. */
export function quantity(meaning: string, byDefault?: undefined): z.ZodOptional<Quantity>
export function quantity(meaning: string, byDefault: string, rules?: readonly Rule[]): z.ZodDefault<Quantity>
export function quantity(meaning: string, byDefault?: string, rules: readonly Rule[] = []) {
  const schema = byDefault === undefined ? amount.optional() : amount.default(byDefault)
  return schema.meta({
    description: meaning,
    'x-kubernetes-int-or-string': true,
    pattern: QUANTITY.source,
    maxLength: 24,
    ...(rules.length > 0 && { 'x-kubernetes-validations': rules.map((rule) => ({ ...rule })) }),
  })
}

const QUANTITY = /^[0-9]+(\.[0-9]+)?(m|k|Ki|M|Mi|G|Gi|T|Ti|P|Pi)?$/
const amount = z.union([z.string().max(24).regex(QUANTITY), z.int().min(0)])
type Quantity = typeof amount

const LABEL_VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/
const KEY = '^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$'
const KEY_FORM = 'an optional DNS name and a slash, then letters, digits, dots, - and _'
export const ENTRIES_MAX = 24

/** Labels that people add: none of the operator's own may be among them. */
export function labels(meaning: string) {
  return field(z.record(z.string(), z.string().max(63).regex(LABEL_VALUE)).optional(), meaning, {
    entriesMax: ENTRIES_MAX,
    rules: [wellFormedKeys('label'), notReserved('label', ['app.kubernetes.io/', 'recado.dev/'])],
  })
}

/** Labels that objects elsewhere have, to be found by them. */
export function matchLabels(meaning: string) {
  return field(z.record(z.string(), z.string().max(63).regex(LABEL_VALUE)).optional(), meaning, {
    entriesMax: ENTRIES_MAX,
    rules: [wellFormedKeys('label')],
  })
}

export function annotations(meaning: string) {
  return field(z.record(z.string(), z.string().max(4096)).optional(), meaning, {
    entriesMax: ENTRIES_MAX,
    rules: [wellFormedKeys('annotation'), notReserved('annotation', ['recado.dev/'])],
  })
}

function wellFormedKeys(what: string): Rule {
  return {
    rule: `self.all(key, key.size() <= 317 && key.matches('${KEY}'))`,
    message: `every ${what}'s key is ${KEY_FORM}`,
  }
}

function notReserved(what: string, prefixes: readonly string[]): Rule {
  return {
    rule: `self.all(key, ${prefixes.map((prefix) => `!key.startsWith('${prefix}')`).join(' && ')})`,
    message: `no ${what}'s key may begin with ${prefixes.join(' or ')}: those are the operator's`,
  }
}
