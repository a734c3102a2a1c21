import { z } from 'zod'
import { brokers, clients, proxies, ref, servers } from './components.ts'
import { field, objectName } from './fields.ts'
import { monitoring } from './monitoring.ts'
import { networkPolicy, service } from './network.ts'

const image = field(
  z
    .object({
      name: field(
        z
          .string()
          .max(512)
          .regex(/^[A-Za-z0-9][A-Za-z0-9._:/@-]*$/)
          .optional(),
        'The image of all pods. Unless given it is the operator’s own, and a new operator rolls the cluster; a named one is left alone',
      ),
      pullPolicy: field(
        z.enum(['Always', 'IfNotPresent', 'Never']).optional(),
        'When the image is pulled; the operator’s own policy unless given',
      ),
      pullSecrets: field(
        z
          .array(z.object({ name: field(objectName, 'The name of a Secret in the same namespace') }))
          .max(8)
          .optional(),
        'Secrets for a registry that asks who one is',
        { list: ['name'] },
      ),
    })
    .prefault({}),
  'The image of all pods',
)

const security = field(
  z
    .object({
      mode: field(
        z.enum(['secured', 'open']).default('secured'),
        'Who may do what. `secured`: every connection proves a key and is encrypted, users have secrets. `open`: whoever reaches the ports may do everything; nothing is encrypted',
        {
          rules: [
            {
              rule: 'self == oldSelf',
              message: 'security.mode cannot change: make a second cluster, and bring the history over',
            },
          ],
        },
      ),
      users: field(
        z.enum(['any', 'listed']).default('any'),
        'Who may be a user of a secured cluster. `any`: the first login of a new name sets its secret. `listed`: only MessagingUsers',
      ),
    })
    .prefault({}),
  'Who may do what. It is kept in every resource, so that a later default changes no cluster that exists',
)

/** What a person asks for. Everything has a default: `{}` is a good cluster. */
export const SPEC = field(
  z
    .object({
      image,
      security,
      service,
      servers,
      brokers,
      proxies,
      ref,
      clients,
      monitoring,
      networkPolicy,
      paused: field(
        z.boolean().default(false),
        'Whether the operator leaves the cluster alone: it then only reports',
      ),
    })
    .prefault({}),
  'What is asked for. Everything has a default: `{}` is a good cluster',
)

export type ClusterSpec = z.output<typeof SPEC>
export type PodTemplateSpec = ClusterSpec['servers']['template']
export type NetworkPeer = NonNullable<ClusterSpec['networkPolicy']['clientPeers']>[number]
