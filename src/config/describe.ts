import type { z } from 'zod'
import type { FieldMeta } from './fields.ts'
import { variableOf } from './read.ts'
import { type Role, SCHEMAS } from './schemas.ts'

/** One setting as the documentation shows it. */
export interface SettingRow extends FieldMeta {
  readonly variable: string
  /** As one would write it in the environment; undefined where it is computed or nothing. */
  readonly byDefault: string | undefined
}

export function describeSettings(role: Role): SettingRow[] {
  const shape: Readonly<Record<string, z.ZodType>> = SCHEMAS[role].shape
  return Object.entries(shape).map(([key, schema]) => ({
    ...(schema.meta() as unknown as FieldMeta),
    variable: variableOf(key),
    byDefault: written(schema.safeParse(undefined).data),
  }))
}

function written(value: unknown): string | undefined {
  if (value === undefined) return undefined
  if (Array.isArray(value)) return value.join(',')
  return typeof value === 'object' ? '' : `${value as string | number | boolean}`
}
