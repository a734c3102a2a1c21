import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { KINDS } from '../../../src/operator/kinds.ts'
import type { Findings, Group, Scenario, World } from '../scenario.ts'
import { CHART, DEFINITION } from '../support/chart.ts'

/** A field that the older definition lacks. */
const FIELD = 'paused'

const older: Scenario = {
  name: 'helm upgrade from an older definition',
  says: 'put a definition in place that lacks a field, as an older chart’s did; helm upgrade brings the field',
  deadlineMs: 300_000,
  run: upgradedDefinition,
}

interface Definition {
  readonly metadata: object
  readonly spec: {
    readonly versions: readonly {
      readonly schema: { openAPIV3Schema: { properties: { spec: { properties: Record<string, unknown> } } } }
    }[]
  }
}

async function upgradedDefinition({ kubernetes, release, tell }: World): Promise<Findings> {
  const whole = parse(readFileSync(join(CHART, 'crds', `${DEFINITION}.yaml`), 'utf8')) as Definition
  const lacking = structuredClone(whole)
  for (const { schema } of lacking.spec.versions)
    delete schema.openAPIV3Schema.properties.spec.properties[FIELD]
  // Helm put it there by `create`, so it owns none of it by server-side apply.
  await kubernetes.command('kubectl', ['replace', '-f', '-'], { input: JSON.stringify(lacking) })
  try {
    if (await hasField(kubernetes)) throw new Error(`The older definition has ${FIELD}`)
    tell('helm upgrade without the hook')
    await release.install({ crds: { upgrade: false } })
    const kept = await hasField(kubernetes)
    tell('helm upgrade')
    await release.install()
    const came = await hasField(kubernetes)
    return {
      seen: [`without the hook it stays, with it spec.${FIELD} is there`],
      broken: [
        ...(kept ? ['crds.upgrade: false changed the definition'] : []),
        ...(came ? [] : [`helm upgrade did not bring spec.${FIELD}`]),
      ],
    }
  } finally {
    await kubernetes.command('kubectl', ['replace', '-f', '-'], { input: JSON.stringify(whole) })
  }
}

async function hasField(kubernetes: World['kubernetes']): Promise<boolean> {
  const found = (await kubernetes.get(KINDS.definition, undefined, DEFINITION)) as unknown as
    | Definition
    | undefined
  if (found === undefined) throw new Error(`There is no definition ${DEFINITION}`)
  return found.spec.versions.some(({ schema }) => FIELD in schema.openAPIV3Schema.properties.spec.properties)
}

export const definition: Group = { title: 'The resource’s definition', scenarios: [older] }
