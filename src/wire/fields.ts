import { RecadoError } from './errors.ts'
import { isName } from './names.ts'

/** Bytes that one of JavaScript's letters takes in UTF-8 at most. */
const UTF8_BYTES_MAX = 3

/** Readers of decoded maps from strangers: each returns a value of the asked type or throws `bad_request`. */
export type Fields = Readonly<Record<string, unknown>>

export function isMap(value: unknown): value is Fields {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)
  )
}

export function readMap(fields: Fields, key: string): Fields {
  const value = fields[key]
  if (isMap(value)) return value
  return refuse(key, 'a map')
}

/** 1 to 64 of `A-Z a-z 0-9 . _ -`. */
export function readName(fields: Fields, key: string): string {
  const value = fields[key]
  if (isName(value)) return value
  return refuse(key, 'a name: 1 to 64 of A-Z a-z 0-9 . _ -')
}

export function readString(fields: Fields, key: string): string {
  const value = fields[key]
  if (typeof value === 'string') return value
  return refuse(key, 'a string')
}

export function readBytes(fields: Fields, key: string): Uint8Array {
  const value = fields[key]
  if (value instanceof Uint8Array) return value
  return refuse(key, 'binary')
}

/** An integer from 0 to 2^53 - 1. */
export function readInteger(fields: Fields, key: string): number {
  const value = fields[key]
  if (isCount(value)) return value
  return refuse(key, 'an integer from 0 to 2^53 - 1')
}

export function readNumber(fields: Fields, key: string): number {
  const value = fields[key]
  if (typeof value === 'number' && Number.isFinite(value)) return value
  return refuse(key, 'a number')
}

export function readBoolean(fields: Fields, key: string): boolean {
  const value = fields[key]
  if (typeof value === 'boolean') return value
  return refuse(key, 'true or false')
}

export function readOneOf<Value extends string>(
  fields: Fields,
  key: string,
  values: readonly Value[],
): Value {
  const value = values.find((each) => each === fields[key])
  if (value !== undefined) return value
  return refuse(key, `one of "${values.join('", "')}"`)
}

export function readIntegers(fields: Fields, key: string): readonly number[] {
  const value = fields[key]
  if (Array.isArray(value) && value.every(isCount)) return value
  return refuse(key, 'an array of integers from 0 to 2^53 - 1')
}

export function readNames(fields: Fields, key: string): readonly string[] {
  const value = fields[key]
  if (Array.isArray(value) && value.every(isName)) return value
  return refuse(key, 'an array of names')
}

export function readStrings(fields: Fields, key: string): readonly string[] {
  const value = fields[key]
  if (Array.isArray(value) && value.every((each) => typeof each === 'string')) return value
  return refuse(key, 'an array of strings')
}

/** A map of strings to integers from 0 to 2^53 - 1. */
export function readCounts(fields: Fields, key: string): Readonly<Record<string, number>> {
  const value = fields[key]
  if (isMap(value) && Object.values(value).every(isCount)) return value as Readonly<Record<string, number>>
  return refuse(key, 'a map to integers from 0 to 2^53 - 1')
}

/**
 * What a user says: a string or bytes, at most `maxBytes` of them.
 * @throws RecadoError `bad_request`, `too_large`
 */
export function readMessage(fields: Fields, maxBytes: number): string | Uint8Array {
  const { message } = fields
  if (typeof message !== 'string' && !(message instanceof Uint8Array)) {
    return refuse('message', 'a string or bytes')
  }
  if (typeof message === 'string' && !message.isWellFormed()) refuse('message', 'well-formed text')
  // Few are so long that they must be measured.
  if (message.length * UTF8_BYTES_MAX <= maxBytes) return message
  const bytes = messageBytes(fields)
  if (bytes <= maxBytes) return message
  throw new RecadoError('too_large', `The message has ${bytes} bytes, ${maxBytes} are allowed`)
}

/** Bytes of what a request says; 0 when it says nothing. */
export function messageBytes({ message }: Fields): number {
  if (typeof message === 'string') return Buffer.byteLength(message)
  return message instanceof Uint8Array ? message.byteLength : 0
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function refuse(key: string, wanted: string): never {
  throw new RecadoError('bad_request', `Key "${key}" must be ${wanted}`)
}
