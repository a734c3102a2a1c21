import type { z } from 'zod'
import { isName, RecadoError } from '../wire/index.ts'
import type { FieldMeta } from './fields.ts'
import { ROLE_NAMES, type Role, SCHEMAS } from './schemas.ts'

export type Environment = Readonly<Record<string, string | undefined>>

type Parsed<R extends Role> = z.output<(typeof SCHEMAS)[R]>

/** What every role knows after the defaults that depend on other settings. */
type Completed<Config> = Omit<Config, 'advertise' | 'logFormat' | 'dataDir'> & {
  advertise: string
  logFormat: 'json' | 'pretty'
} & ('dataDir' extends keyof Config ? { dataDir: string } : unknown)

export type ConfigOf<R extends Role> = Readonly<Completed<Parsed<R>>>
export type BrokerConfig = ConfigOf<'broker'>
export type ProxyConfig = ConfigOf<'proxy'>
export type RefConfig = ConfigOf<'ref'>
export type ServerConfig = ConfigOf<'server'>
export type ClientConfig = ConfigOf<'client'>
export type OperatorConfig = ConfigOf<'operator'>

/** What the settings' defaults take from the machine. */
export interface Machine {
  readonly hostName: string
  readonly terminal: boolean
}

/** The variable that sets `portHttp` is `PORT_HTTP`. */
export function variableOf(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()
}

/** @throws RecadoError `bad_option` */
export function readRole(environment: Environment): Role {
  const role = environment['ROLE'] ?? ''
  if ((ROLE_NAMES as readonly string[]).includes(role)) return role as Role
  throw new RecadoError('bad_option', `ROLE is "${role}", expected one of ${ROLE_NAMES.join(', ')}`)
}

/**
 * The settings of a role from the environment. Variables of other roles are passed over; an empty value stands for an
 * unset variable, or for an empty list.
 * @throws RecadoError `bad_option` that names the variable, its value and what is expected
 */
export function readConfig<R extends Role>(role: R, environment: Environment, machine: Machine): ConfigOf<R> {
  const shape: Readonly<Record<string, z.ZodType>> = SCHEMAS[role].shape
  const values: Record<string, unknown> = {}
  for (const [key, schema] of Object.entries(shape)) {
    values[key] = readOne(role, key, schema, environment)
  }
  return complete(values, machine) as ConfigOf<R>
}

function readOne(role: Role, key: string, schema: z.ZodType, environment: Environment): unknown {
  const variable = variableOf(key)
  const meta = schema.meta() as unknown as FieldMeta
  let value = environment[variable]
  if (value === '' && !isList(schema)) value = undefined
  if (key === 'name') value = nameOf(role, value)
  const result = schema.safeParse(value)
  if (result.success) return result.data
  throw new RecadoError('bad_option', `${variable} is "${value ?? ''}", expected ${meta.expected}`)
}

function isList(schema: z.ZodType): boolean {
  const empty = schema.safeParse('')
  return empty.success && typeof empty.data === 'object'
}

function nameOf(role: Role, value: string | undefined): string | undefined {
  return value ?? (role === 'server' || role === 'client' ? undefined : role)
}

function complete(values: Record<string, unknown>, machine: Machine): Record<string, unknown> {
  const { name, bind, advertise, logFormat, dataDir, peers, security, keysDir } = values
  if (security === 'secured' && keysDir === undefined) {
    throw new RecadoError(
      'bad_option',
      'KEYS_DIR is "", expected a folder with keys, for SECURITY is "secured"',
    )
  }
  const anywhere = bind === '0.0.0.0' || bind === '::' || bind === '*'
  return {
    ...values,
    advertise: advertise ?? (anywhere ? machine.hostName : bind),
    logFormat: logFormat ?? (machine.terminal ? 'pretty' : 'json'),
    ...('dataDir' in values && { dataDir: dataDir ?? `data/${String(name)}` }),
    ...('peers' in values && { peers: withoutOwn(peers as Record<string, string>, name) }),
  }
}

function withoutOwn(peers: Record<string, string>, name: unknown): Record<string, string> {
  return Object.fromEntries(Object.entries(peers).filter(([peer]) => isName(peer) && peer !== name))
}
