import type { KubeObject } from '../../ports/index.ts'
import { KINDS } from '../kinds.ts'
import { customResourceDefinition, schemaOf } from './custom-resource.ts'
import { SPEC } from './schema/spec.ts'
import { STATUS } from './schema/status.ts'
import type { StructuralSchema } from './structural.ts'

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
  return customResourceDefinition({
    kind: KINDS.messagingCluster,
    shortNames: ['mc'],
    categories: ['all', 'recado'],
    schema: resourceSchema(),
    subresources: {
      status: {},
      scale: {
        specReplicasPath: '.spec.servers.replicas',
        statusReplicasPath: '.status.servers.replicas',
        labelSelectorPath: '.status.selector',
      },
    },
    columns: COLUMNS,
    columnsShown: COLUMNS_SHOWN,
  })
}

/** The schema of the whole resource, as the API server holds it. */
export function resourceSchema(): StructuralSchema {
  return schemaOf({
    kind: KINDS.messagingCluster,
    description: 'A replicated messaging system: servers, brokers, proxies and their reference service.',
    spec: SPEC,
    status: STATUS,
    rules: NAME_RULES,
    needsSpec: false,
  })
}
