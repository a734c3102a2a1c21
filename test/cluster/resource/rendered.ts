import { type Json, objectsOf, podTemplatesOf } from '../../operator/support/rendering.ts'
import { EXAMPLES } from '../../operator/support/specs.ts'
import { answerOf, type Commands } from './trial.ts'

/**
 * Every object of every example is taken by the API server, no field of it unknown, and comes back as it was rendered: so a
 * later look finds nothing to repair. Nothing is kept.
 */
export async function brokenObjects(commands: Commands, namespace: string): Promise<string[]> {
  const broken: string[] = []
  for (const [name, { spec, context }] of Object.entries(EXAMPLES)) {
    const objects = objectsOf(spec, { ...context, serves: () => false }).map((object) => ({
      ...object,
      metadata: { ...object.metadata, namespace },
    }))
    const args = ['apply', '--server-side', '--dry-run=server', '--validate=strict', '-o', 'json', '-f', '-']
    const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects })
    const { taken, text } = await answerOf(commands.command('kubectl', args, { input }))
    if (!taken) broken.push(`${name}: ${text}`)
    else broken.push(...returnedOtherwise(objects, JSON.parse(text)).map((path) => `${name}: ${path}`))
  }
  return broken
}

/** Every pod of every example is let into a namespace that enforces the standard `restricted`. */
export async function brokenPods(commands: Commands, namespace: string): Promise<string[]> {
  const broken: string[] = []
  for (const [name, { spec, context }] of Object.entries(EXAMPLES)) {
    for (const [workload, template] of Object.entries(podTemplatesOf(objectsOf(spec, context)))) {
      // What the namespace lacks would be refused for other reasons.
      const { serviceAccountName: _, priorityClassName: __, imagePullSecrets: ___, ...pod } = template.spec
      const claimed = workload.endsWith('-server') ? [{ name: 'data', emptyDir: {} }] : []
      const input = JSON.stringify({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: workload, namespace, labels: template.metadata.labels },
        spec: { ...pod, volumes: [...(pod.volumes ?? []), ...claimed] },
      })
      const args = ['create', '--dry-run=server', '-f', '-']
      const { taken, text } = await answerOf(commands.command('kubectl', args, { input }))
      if (!taken) broken.push(`${name}: ${workload}: ${text}`)
    }
  }
  return broken
}

function returnedOtherwise(objects: readonly Json[], { items }: Json): string[] {
  return objects.flatMap((object) => {
    const found = items.find(
      (each: Json) => each.kind === object.kind && each.metadata.name === object.metadata.name,
    )
    return differences(object, found, `${object.kind} ${object.metadata.name}`)
  })
}

/** Where what is there lacks or changes something that is wanted; what it has beside does not count. */
function differences(wanted: Json, there: Json, path: string): string[] {
  if (typeof wanted !== 'object' || wanted === null) {
    return wanted === there ? [] : [`${path} is ${JSON.stringify(there)}, not ${JSON.stringify(wanted)}`]
  }
  if (Array.isArray(wanted) && wanted.length !== there?.length) return [`${path} has another length`]
  if (there === undefined) return Object.keys(wanted).length === 0 ? [] : [`${path} is not there`]
  return Object.entries(wanted).flatMap(([key, value]) => differences(value, there[key], `${path}.${key}`))
}
