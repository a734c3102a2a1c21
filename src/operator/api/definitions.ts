import type { KubeObject } from '../../ports/index.ts'
import { definition } from './definition.ts'
import { userDefinition } from './user-definition.ts'

/** The definitions of every kind of ours, as this version has them. */
export function definitions(): readonly KubeObject[] {
  return [definition(), userDefinition()]
}
