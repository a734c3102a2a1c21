import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import type { Child } from '../../../src/operator/resources/index.ts'
import type { KubeObject } from '../../../src/ports/index.ts'
import { childrenOf, objectsOf, podTemplatesOf } from '../support/rendering.ts'
import { brokenRestrictions } from '../support/restricted.ts'
import { EXAMPLES } from '../support/specs.ts'

const FOLDER = join(import.meta.dirname, 'golden')
const plain = new Set(objectsOf({}).map((object) => JSON.stringify(object)))

describe('the objects of a cluster', () => {
  // After a change that is meant: npm test -- test/operator/resources/golden.test.ts -u
  it.each(Object.entries(EXAMPLES))('are those of golden/%s.yaml', async (name, { spec, context }) => {
    const objects = objectsOf(spec, context)
    const shown = name === 'default' ? objects : objects.filter((each) => !plain.has(JSON.stringify(each)))

    const missing = childrenOf(spec, context).filter(({ object }) => object === undefined)

    await expect(fileOf(name, spec, shown, missing)).toMatchFileSnapshot(join(FOLDER, `${name}.yaml`))
  })

  it('have no golden file that nothing makes', () => {
    expect(readdirSync(FOLDER).toSorted()).toEqual(
      Object.keys(EXAMPLES)
        .map((name) => `${name}.yaml`)
        .toSorted(),
    )
  })

  it.each(Object.entries(EXAMPLES))(
    'keep the pod security standard restricted: %s',
    (_, { spec, context }) => {
      const pods = Object.entries(podTemplatesOf(objectsOf(spec, context)))

      expect(pods.length).toBeGreaterThanOrEqual(4)
      expect(
        pods.flatMap(([name, { spec: pod }]) => brokenRestrictions(pod).map((what) => `${name}: ${what}`)),
      ).toEqual([])
    },
  )
})

function fileOf(
  name: string,
  spec: unknown,
  objects: readonly KubeObject[],
  missing: readonly Child[],
): string {
  const which = name === 'default' ? 'All objects' : 'The objects that are not as in default.yaml'
  const without = missing.map(({ kind, key }) => `#   ${kind.kind} ${key.name}\n`).join('')
  const documents = objects.map((object) => stringify(object, { aliasDuplicateObjects: false, lineWidth: 0 }))
  return [
    `# ${which} of a MessagingCluster with this spec:\n${commented(stringify(spec))}# It does without:\n${without}`,
    ...documents,
  ].join('---\n')
}

function commented(text: string): string {
  return text.replace(/^(?=.)/gm, '#   ')
}
