import type { KeyValue, KeyValueChange } from '../ports/index.ts'
import { decode, encode, PEER_LIMITS, RecadoError } from '../wire/index.ts'

/**
 * What stands where in the store and its journal, as a number: one more with each change that an older program would
 * take for damage. A store that says nothing is of the first.
 */
const FORMAT = 1
const FORMAT_KEY = Buffer.from('f')

/** Says in a store of which format it is. */
export function formatMark(): KeyValueChange {
  return { key: FORMAT_KEY, value: encode(FORMAT) }
}

/** To be called before anything else is read or written. @throws RecadoError `other_format` */
export function checkFormat(keyValue: KeyValue): void {
  const found = keyValue.get(FORMAT_KEY)
  const format = found === undefined ? 1 : decode(found, PEER_LIMITS)
  if (format === FORMAT) return
  const what = `The store is of format ${String(format)}, and this version reads ${FORMAT}`
  throw new RecadoError('other_format', `${what}: run the version that wrote it; nothing was changed`)
}
