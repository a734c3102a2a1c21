import type { KubeObject } from '../../ports/index.ts'
import { KINDS } from '../kinds.ts'
import { GROUP } from '../names.ts'
import { SPEC } from './schema/spec.ts'
import { STATUS } from './schema/status.ts'
import { type StructuralSchema, structural } from './structural.ts'

export const CLUSTER_NAME_MAX = 40

const NAME_RULES = [
  {
    rule: `self.metadata.name.size() <= ${CLUSTER_NAME_MAX}`,
    message: `metadata.name has at most ${CLUSTER_NAME_MAX} characters: the names of pods and Services are made of it`,
  },
  {
    rule: "self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$')",
    message: 'metadata.name is a DNS label: it begins with a letter, then letters, digits and -',
  },
]

const COLUMNS = [
  ['Ready', 'string', '.status.conditions[?(@.type=="Ready")].status', 'Whether it can be used'],
  ['Servers', 'integer', '.status.servers.ready', 'How many servers are ready'],
  ['Coordinator', 'string', '.status.coordinator', 'The server that keeps the time'],
  ['Version', 'string', '.status.version', 'The version that runs'],
  ['Age', 'date', '.metadata.creationTimestamp', 'When it was created'],
  ['Desired', 'integer', '.spec.servers.replicas', 'How many servers are asked for'],
  ['Reason', 'string', '.status.conditions[?(@.type=="Ready")].reason', 'Why it is ready or not'],
] as const
/** Of COLUMNS, those that are always shown; the others come with `-o wide`. */
const COLUMNS_SHOWN = 5

/** The CustomResourceDefinition of MessagingCluster. */
export function definition(): KubeObject {
  const { kind, plural } = KINDS.messagingCluster
  return {
    apiVersion: KINDS.definition.apiVersion,
    kind: KINDS.definition.kind,
    metadata: { name: `${plural}.${GROUP}` },
    spec: {
      group: GROUP,
      scope: 'Namespaced',
      names: {
        kind,
        listKind: `${kind}List`,
        plural,
        singular: kind.toLowerCase(),
        shortNames: ['mc'],
        categories: ['all', 'recado'],
      },
      versions: [version()],
    },
  }
}

/** The schema of the whole resource, as the API server holds it. */
export function resourceSchema(): StructuralSchema {
  return {
    type: 'object',
    description: 'A replicated messaging system: servers, brokers, proxies and their reference service.',
    properties: {
      apiVersion: { type: 'string', description: 'The group and version of this form: recado.dev/v1alpha1' },
      kind: { type: 'string', description: 'MessagingCluster' },
      metadata: { type: 'object' },
      spec: structural(SPEC),
      status: structural(STATUS),
    },
    'x-kubernetes-validations': NAME_RULES,
  }
}

function version(): unknown {
  return {
    name: KINDS.messagingCluster.apiVersion.slice(GROUP.length + 1),
    served: true,
    storage: true,
    schema: { openAPIV3Schema: resourceSchema() },
    subresources: {
      status: {},
      scale: {
        specReplicasPath: '.spec.servers.replicas',
        statusReplicasPath: '.status.servers.replicas',
        labelSelectorPath: '.status.selector',
      },
    },
    additionalPrinterColumns: COLUMNS.map(([name, type, jsonPath, description], index) => ({
      name,
      type,
      jsonPath,
      description,
      ...(index >= COLUMNS_SHOWN && { priority: 1 }),
    })),
  }
}
