import { isDeepStrictEqual } from 'node:util'
import { clusterOf } from '../../operator/support/clusters.ts'
import type { Json } from '../../operator/support/rendering.ts'
import { GOOD, GOOD_CHANGES, REFUSALS, REFUSED_CHANGES } from './refusals.ts'
import type { Answer, Trial } from './trial.ts'
import { GOOD_USERS, REFUSED_USER_CHANGES, USER_REFUSALS } from './user-refusals.ts'

/** Every bad resource is refused with a message that names the field, every good one taken: what was otherwise. */
export async function brokenRefusals(trial: Trial): Promise<string[]> {
  const broken: (string | undefined)[] = []
  for (const { what, name = 'chat', spec, says } of REFUSALS) {
    broken.push(notRefused(what, says, await trial.create(name, spec)))
  }
  for (const [index, { what, spec }] of GOOD.entries()) {
    broken.push(notTaken(what, await trial.create(`good-${index}`, spec)))
  }
  return broken.filter((each) => each !== undefined)
}

/** The same of changes to resources that are there. */
export async function brokenChanges(trial: Trial): Promise<string[]> {
  const broken: (string | undefined)[] = []
  for (const [index, { what, from, spec, says }] of REFUSED_CHANGES.entries()) {
    const name = `refused-${index}`
    broken.push(notTaken(`${what}: what was before`, await trial.create(name, from)))
    broken.push(notRefused(what, says, await trial.change(name, spec)))
  }
  for (const [index, { what, from, spec }] of GOOD_CHANGES.entries()) {
    const name = `changed-${index}`
    broken.push(notTaken(`${what}: what was before`, await trial.create(name, from)))
    broken.push(notTaken(what, await trial.change(name, spec)))
  }
  return broken.filter((each) => each !== undefined)
}

/** The same of users. */
export async function brokenUsers(trial: Trial): Promise<string[]> {
  const broken: (string | undefined)[] = []
  for (const { what, name = 'ana', spec, says } of USER_REFUSALS) {
    broken.push(notRefused(what, says, await trial.create(name, spec)))
  }
  for (const { name, spec } of GOOD_USERS)
    broken.push(notTaken(`the user ${name}`, await trial.create(name, spec)))
  for (const [index, { what, from, spec, says }] of REFUSED_USER_CHANGES.entries()) {
    const name = `changed-${index}`
    broken.push(notTaken(`${what}: what was before`, await trial.create(name, from)))
    broken.push(notRefused(what, says, await trial.change(name, spec)))
  }
  return broken.filter((each) => each !== undefined)
}

/** What the API server fills in is what the program fills in. */
export async function brokenDefaults(trial: Trial): Promise<string[]> {
  const created = await trial.create('plain', {})
  if (!created.taken) return [`{} was refused: ${created.text}`]
  const [stored, own] = [(await trial.get('plain'))['spec'], clusterOf({}).spec]
  return isDeepStrictEqual(stored, own)
    ? []
    : [`{} became ${JSON.stringify(stored)}, the program has ${JSON.stringify(own)}`]
}

/** `kubectl scale` and autoscalers reach servers.replicas, within its bounds. */
export async function brokenScale(trial: Trial): Promise<string[]> {
  const selector = 'app.kubernetes.io/instance=scaled'
  await trial.create('scaled', {})
  await trial.report('scaled', { servers: { replicas: 3 }, selector })
  const up = await trial.scale('scaled', 5)
  const spec = (await trial.get('scaled'))['spec'] as Json
  const scale = (await trial.scaleOf('scaled')) as Json
  const beyond = await trial.scale('scaled', 10)
  return [
    ...(up.taken && spec.servers.replicas === 5 ? [] : [`scale to 5: ${up.text}, ${spec.servers.replicas}`]),
    ...(isDeepStrictEqual(scale.status, { replicas: 3, selector })
      ? []
      : [`scale: ${JSON.stringify(scale)}`]),
    ...[notRefused('scale to 10', ['spec.servers.replicas'], beyond)].filter((each) => each !== undefined),
  ]
}

/** A later version with another default for security.mode changes no cluster that exists, however it is applied again. */
export async function brokenByLaterDefault(trial: Trial): Promise<string[]> {
  await trial.create('early', {})
  const former = await modeOf(trial, 'early')
  await trial.define((schema) => {
    const mode = schema.properties['spec']?.properties['security']?.properties['mode']
    if (mode === undefined) throw new Error('There is no spec.security.mode')
    mode.enum = [...(mode.enum ?? []), 'guarded']
    mode.default = 'guarded'
  })
  await trial.create('late', {})
  const changed = await trial.change('early', { brokers: { replicas: 3 } })
  const replaced = await trial.replace('early', {})
  const [early, late] = [await modeOf(trial, 'early'), await modeOf(trial, 'late')]
  return [
    notTaken('another change', changed),
    notRefused('replacing without a mode', ['security.mode cannot change'], replaced),
    early === former ? undefined : `the early one became ${early}`,
    late === 'guarded' ? undefined : `the late one is ${late}: the new default is not there`,
  ].filter((each) => each !== undefined)
}

async function modeOf(trial: Trial, name: string): Promise<string> {
  const { spec } = (await trial.get(name)) as Json
  return spec.security.mode
}

function notRefused(what: string, says: readonly string[], { taken, text }: Answer): string | undefined {
  if (taken) return `${what}: taken`
  const missing = says.filter((each) => !text.includes(each))
  return missing.length === 0 ? undefined : `${what}: the message lacks ${missing.join(', ')}: ${text}`
}

function notTaken(what: string, { taken, text }: Answer): string | undefined {
  return taken ? undefined : `${what}: refused: ${text}`
}
