import type { KubeObject } from '../../ports/index.ts'
import { KINDS } from '../kinds.ts'
import { type Column, customResourceDefinition, schemaOf } from './custom-resource.ts'
import { USER_SPEC, USER_STATUS } from './schema/user.ts'
import type { StructuralSchema } from './structural.ts'

export const USER_NAME_MAX = 40

/** The resource's name is the user's, and the Secret's name is made of it: none may be that of another Secret. */
const NAME_RULES = [
  {
    rule: `self.metadata.name.size() <= ${USER_NAME_MAX}`,
    message: `metadata.name has at most ${USER_NAME_MAX} characters`,
  },
  {
    rule: "self.metadata.name.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",
    message: 'metadata.name is a DNS label: letters, digits and -',
  },
  {
    rule: "self.metadata.name != 'local' && !self.metadata.name.startsWith('recado-')",
    message: 'metadata.name is neither local nor begins with recado-: those are the system’s own',
  },
  {
    rule: "self.metadata.name != 'keys' && !self.metadata.name.endsWith('-keys')",
    message: 'metadata.name does not end with keys: the Secrets of clusters’ own keys do',
  },
]

const COLUMNS: readonly Column[] = [
  ['Cluster', 'string', '.spec.cluster', 'The MessagingCluster that the user belongs to'],
  ['Ready', 'string', '.status.conditions[?(@.type=="Ready")].status', 'Whether the user can connect'],
  ['Secret', 'string', '.status.secretName', 'The Secret that holds the keys'],
  ['Age', 'date', '.metadata.creationTimestamp', 'When it was created'],
  ['Reason', 'string', '.status.conditions[?(@.type=="Ready")].reason', 'Why it is ready or not'],
]
const COLUMNS_SHOWN = 4

/** The CustomResourceDefinition of MessagingUser. */
export function userDefinition(): KubeObject {
  return customResourceDefinition({
    kind: KINDS.messagingUser,
    shortNames: ['mu'],
    categories: ['recado'],
    schema: userResourceSchema(),
    subresources: { status: {} },
    columns: COLUMNS,
    columnsShown: COLUMNS_SHOWN,
  })
}

/** The schema of the whole resource, as the API server holds it. */
export function userResourceSchema(): StructuralSchema {
  return schemaOf({
    kind: KINDS.messagingUser,
    description: 'A user of a MessagingCluster, with keys of its own in a Secret.',
    spec: USER_SPEC,
    status: USER_STATUS,
    rules: NAME_RULES,
    needsSpec: true,
  })
}
