import { describe, expect, it } from 'vitest'
import { KINDS } from '../../src/operator/kinds.ts'
import { newKeyring } from '../../src/operator/security/index.ts'
import { OPTIONAL, WATCHED } from '../../src/operator/watched.ts'
import type { ResourceKind } from '../../src/ports/index.ts'
import { testKeyMaker } from './support/key-maker.ts'
import { type Json, objectsOf, WORKLOADS } from './support/rendering.ts'

type Labels = Readonly<Record<string, string>>

/** Whether a watch of this kind would tell of an object with these labels. */
function isSeen(kind: ResourceKind | undefined, labels: Labels): boolean {
  const watched = [...WATCHED, ...OPTIONAL].find((each) => each.kind === kind)
  const wanted = watched?.labelSelector?.split(',').map((term) => term.split('=')) ?? []
  return watched !== undefined && wanted.every(([key = '', value]) => labels[key] === value)
}

const objects = objectsOf(
  { clients: { replicas: 1 }, security: { mode: 'secured' } },
  { serves: () => true, keyring: newKeyring(testKeyMaker()) },
)

describe('what the operator watches', () => {
  it.each(objects.map((object) => [`${object.kind} ${object.metadata.name}`, object] as const))(
    'holds what it made: %s',
    (_, { kind, metadata }) => {
      const known = Object.values(KINDS).find((each) => each.kind === kind)

      expect(isSeen(known, metadata.labels ?? {})).toBe(true)
    },
  )

  it('holds the pods of its workloads, and the claims of its servers as Kubernetes labels them', () => {
    for (const workload of objects.filter(({ kind }) => WORKLOADS.includes(kind)) as Json[]) {
      const { template, selector, volumeClaimTemplates = [] } = workload.spec

      expect(isSeen(KINDS.pod, template.metadata.labels)).toBe(true)
      for (const claim of volumeClaimTemplates) {
        expect(isSeen(KINDS.volumeClaim, { ...claim.metadata.labels, ...selector.matchLabels })).toBe(true)
      }
    }
  })
})
