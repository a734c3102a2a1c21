import { KINDS } from '../../../src/operator/kinds.ts'
import { type Child, children, type RenderContext } from '../../../src/operator/resources/index.ts'
import { newKeyring } from '../../../src/operator/security/index.ts'
import type { KubeObject } from '../../../src/ports/index.ts'
import { clusterOf } from './clusters.ts'
import { testKeyMaker } from './key-maker.ts'

export const CONTEXT: RenderContext = {
  image: 'registry.example/recado:1.2.3',
  imagePullPolicy: 'IfNotPresent',
  operatorNamespace: 'recado-system',
  serverReplicas: 3,
  keyring: newKeyring(testKeyMaker()),
  serves: () => false,
}

/** Every kind that has pods. */
export const WORKLOADS: readonly string[] = [KINDS.statefulSet.kind, KINDS.deployment.kind]

export function childrenOf(
  spec: Readonly<Record<string, unknown>> = {},
  context: Partial<RenderContext> = {},
): Child[] {
  const cluster = clusterOf(spec)
  return children(cluster, { ...CONTEXT, serverReplicas: cluster.spec.servers.replicas, ...context })
}

/** Those that are to be there. */
export function objectsOf(
  spec: Readonly<Record<string, unknown>> = {},
  context: Partial<RenderContext> = {},
): KubeObject[] {
  return childrenOf(spec, context).flatMap(({ object }) => (object === undefined ? [] : [object]))
}

/** What a test reads of an object, without a type for each kind. */
// biome-ignore lint/suspicious/noExplicitAny: plain JSON of a kind that the test names
export type Json = any

/** The object of a kind and a name, as plain JSON. */
export function objectOf(objects: readonly KubeObject[], kind: string, name: string): Json {
  const found = objects.find((object) => object.kind === kind && object.metadata.name === name)
  if (found === undefined) throw new Error(`No ${kind} ${name}`)
  return found
}

export function podTemplatesOf(objects: readonly KubeObject[]): Readonly<Record<string, Json>> {
  const workloads = objects.filter(({ kind }) => WORKLOADS.includes(kind))
  return Object.fromEntries(workloads.map((object) => [object.metadata.name, (object as Json).spec.template]))
}
