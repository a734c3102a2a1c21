import { definition, userDefinition } from '../../../src/operator/api/index.ts'
import type { KubeObject } from '../../../src/ports/index.ts'
import { until } from '../../support/load.ts'
import type { CommandOptions } from '../support/command.ts'

/** What of a cluster these checks need: kubectl. */
export interface Commands {
  command(name: string, args: readonly string[], options?: CommandOptions): Promise<string>
}

export interface Answer {
  readonly taken: boolean
  /** What kubectl printed, on whichever stream. */
  readonly text: string
}

const ESTABLISHED_MS = 30_000
const GROUP = 'trial.recado.dev'

/** What of a definition these checks change. */
export interface SchemaField {
  enum?: string[]
  default?: unknown
  readonly properties: Readonly<Record<string, SchemaField>>
}

interface Established {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] }
}

interface Definition extends KubeObject {
  readonly spec: {
    group: string
    readonly names: {
      readonly kind: string
      readonly plural: string
      shortNames?: string[]
      categories?: string[]
    }
    readonly versions: readonly { readonly schema: { readonly openAPIV3Schema: SchemaField } }[]
  }
}

/** What is tried: the definition of one of our kinds. */
export const TRIED = { clusters: definition, users: userDefinition } as const

/** A definition of ours, under a group of its own for as long as it is tried: no operator acts on what is created. */
export class Trial {
  readonly #commands: Commands
  readonly #namespace: string
  readonly #definition: Definition
  /** How `kubectl` is told the kind. */
  readonly #type: string

  constructor(commands: Commands, namespace: string, tried: keyof typeof TRIED = 'clusters') {
    this.#commands = commands
    this.#namespace = namespace
    this.#definition = TRIED[tried]() as unknown as Definition
    this.#type = `${this.#definition.spec.names.plural}.${GROUP}`
  }

  /** Puts the definition there, with a change in its schema if any. */
  async define(change?: (schema: SchemaField) => void): Promise<void> {
    const trial = structuredClone(this.#definition)
    trial.spec.group = GROUP
    delete trial.spec.names.shortNames
    delete trial.spec.names.categories
    for (const { schema } of trial.spec.versions) change?.(schema.openAPIV3Schema)
    const input = JSON.stringify({ ...trial, metadata: { name: this.#type } })
    await this.#kubectl(['apply', '--server-side', '-f', '-'], input)
    await until(ESTABLISHED_MS, () => this.#isEstablished())
  }

  // `kubectl wait` fails on a definition that has no conditions yet.
  async #isEstablished(): Promise<true | string> {
    const found = JSON.parse(await this.#kubectl(['get', 'crd', this.#type, '-o', 'json'])) as Established
    const conditions = found.status?.conditions ?? []
    return (
      conditions.some(({ type, status }) => type === 'Established' && status === 'True') ||
      `not established: ${JSON.stringify(conditions)}`
    )
  }

  /** Takes the definition away, and with it all that was created. */
  async remove(): Promise<void> {
    await this.#kubectl(['delete', 'crd', this.#type, '--ignore-not-found', '--timeout=30s'])
  }

  create(name: string, spec: unknown): Promise<Answer> {
    return this.#try(['create', '-f', '-'], this.#resource(name, spec))
  }

  /** Puts this in the place of what is there. */
  replace(name: string, spec: unknown): Promise<Answer> {
    return this.#try(['replace', '-f', '-'], this.#resource(name, spec))
  }

  change(name: string, spec: unknown): Promise<Answer> {
    return this.#try(['patch', this.#type, name, '--type=merge', '-p', JSON.stringify({ spec })])
  }

  scale(name: string, replicas: number): Promise<Answer> {
    return this.#try(['scale', `${this.#type}/${name}`, `--replicas=${replicas}`])
  }

  async report(name: string, status: object): Promise<void> {
    const patch = JSON.stringify({ status })
    await this.#kubectl(['patch', this.#type, name, '--subresource=status', '--type=merge', '-p', patch])
  }

  async get(name: string): Promise<KubeObject> {
    return JSON.parse(await this.#kubectl(['get', this.#type, name, '-o', 'json'])) as KubeObject
  }

  /** The subresource `scale`, as an autoscaler reads it. */
  async scaleOf(name: string): Promise<KubeObject> {
    const path = `/apis/${GROUP}/v1alpha1/namespaces/${this.#namespace}/${this.#definition.spec.names.plural}/${name}/scale`
    return JSON.parse(await this.#commands.command('kubectl', ['get', '--raw', path])) as KubeObject
  }

  #resource(name: string, spec: unknown): string {
    return JSON.stringify({
      apiVersion: `${GROUP}/v1alpha1`,
      kind: this.#definition.spec.names.kind,
      metadata: { name, namespace: this.#namespace },
      spec,
    })
  }

  #try(args: readonly string[], input?: string): Promise<Answer> {
    return answerOf(this.#kubectl(args, input))
  }

  #kubectl(args: readonly string[], input?: string): Promise<string> {
    const options = input === undefined ? {} : { input }
    return this.#commands.command('kubectl', ['-n', this.#namespace, ...args], options)
  }
}

/** Whether the API server took it, and its words. */
export async function answerOf(printed: Promise<string>): Promise<Answer> {
  try {
    return { taken: true, text: await printed }
  } catch (error) {
    return { taken: false, text: error instanceof Error ? error.message : String(error) }
  }
}
