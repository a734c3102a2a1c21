import { z } from 'zod'
import { isName } from '../wire/index.ts'

/** What the generated documentation and the error messages say of a setting. */
export interface FieldMeta {
  readonly meaning: string
  /** What a good value looks like, as the end of "expected ...". */
  readonly expected: string
  /** The default, where it is computed rather than fixed. */
  readonly otherwise?: string
}

type Text = z.ZodType<unknown, string | undefined>

/** Keeps the meaning with the schema, for the documentation and the errors. */
export function setting<Schema extends Text>(schema: Schema, meta: FieldMeta): Schema {
  return schema.meta({ ...meta })
}

const HOST = /^(?:[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,252})|\*)$/
const ADDRESS = /^tcp:\/\/(?:[A-Za-z0-9_][A-Za-z0-9_.-]{0,252}|\[(?<ipv6>[^\]]+)\]):(?<port>\d{1,5})$/
const UID = /^[\x21-\x7e]{1,128}$/
const PROXY = /^(?<first>tcp:\/\/.+:\d{1,5})(?:\/(?<second>\d{1,5}))?$/

const isIPv6 = (value: string): boolean => z.ipv6().safeParse(value).success

function isHost(value: string): boolean {
  return HOST.test(value) || isIPv6(value)
}

export function isAddress(value: string): boolean {
  const { ipv6, port } = ADDRESS.exec(value)?.groups ?? {}
  if (ipv6 !== undefined && !isIPv6(ipv6)) return false
  return Number(port) >= 1 && Number(port) <= 65_535
}

export function isProxy(value: string): boolean {
  const { first, second } = PROXY.exec(value)?.groups ?? {}
  if (first === undefined || !isAddress(first)) return false
  return second === undefined || (Number(second) >= 1 && Number(second) <= 65_535)
}

function split(value: string): string[] {
  return value
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '')
}

function list(byDefault: string, isGood: (value: string) => boolean) {
  return z
    .string()
    .default(byDefault)
    .transform(split)
    .refine((values) => values.every(isGood) && new Set(values).size === values.length)
}

export const nameField = z.string().refine(isName)
export const clusterField = z
  .string()
  .default('default/recado')
  .refine((value) => {
    const parts = value.split('/')
    return parts.length === 2 && parts.every(isName)
  })
export const uidField = z.string().regex(UID)
export const hostField = z.string().refine(isHost)
export const addressOrHostField = z.string().refine((value) => isHost(value) || isAddress(value))
export const addressesField = (byDefault: string) => list(byDefault, isAddress)
export const proxiesField = (byDefault: string) => list(byDefault, isProxy)
export const namesField = (byDefault: string) => list(byDefault, isName)

export const peersField = list('', (value) => {
  const at = value.indexOf('=')
  return isName(value.slice(0, Math.max(at, 0))) && isAddress(value.slice(at + 1))
}).transform((values) =>
  Object.fromEntries(
    values.map((value) => [value.slice(0, value.indexOf('=')), value.slice(value.indexOf('=') + 1)]),
  ),
)

export function integerField(byDefault: number, min: number, max: number) {
  return z
    .string()
    .default(String(byDefault))
    .refine((value) => /^-?\d{1,15}$/.test(value))
    .transform(Number)
    .refine((value) => value >= min && value <= max)
}

export function numberField(byDefault: number, min: number, max: number) {
  return z
    .string()
    .default(String(byDefault))
    .refine((value) => /^-?\d{1,15}(?:\.\d{1,9})?$/.test(value))
    .transform(Number)
    .refine((value) => value >= min && value <= max)
}

export const booleanField = z
  .enum(['true', 'false', '1', '0'])
  .default('false')
  .transform((value) => value === 'true' || value === '1')
