import { createHash } from 'node:crypto'
import type { KubeObject } from '../../ports/index.ts'
import { canonicalJson } from '../canonical.ts'

/** Says on an object what it was rendered as when it was last applied. */
const APPLIED_ANNOTATION = 'recado.dev/applied'

const HASH_LENGTH = 16

/** A short hash of an object as it is rendered, whatever the order of its keys. */
export function renderedHash(object: unknown): string {
  return createHash('sha256').update(canonicalJson(object)).digest('hex').slice(0, HASH_LENGTH)
}

/** The object as it is applied: with its own hash. */
export function withAppliedHash(object: KubeObject): KubeObject {
  const annotations = { ...object.metadata.annotations, [APPLIED_ANNOTATION]: renderedHash(object) }
  return { ...object, metadata: { ...object.metadata, annotations } }
}

/** Whether this very rendering was applied to the live object last. */
export function wasApplied(object: KubeObject, live: KubeObject): boolean {
  return live.metadata.annotations?.[APPLIED_ANNOTATION] === renderedHash(object)
}
