import { z } from 'zod'
import { annotations, field, matchLabels } from './fields.ts'

export const service = field(
  z
    .object({
      type: field(
        z.enum(['ClusterIP', 'NodePort', 'LoadBalancer']).default('ClusterIP'),
        'How clients reach the two Services: from inside, by a port of every node, or by a load balancer',
      ),
      annotations: annotations('Annotations of the two Services, for a load balancer for example'),
    })
    .prefault({}),
  'The Services that clients connect to: requests (5555) and publications (5558)',
)

const selector = (of: string) =>
  z.object({ matchLabels: matchLabels(`Labels that the ${of} have; none for all`) }).optional()

const CIDR = /^[0-9a-fA-F:.]+\/[0-9]{1,3}$/
const cidr = z
  .string()
  .max(49)
  .regex(CIDR)
  .meta({
    'x-kubernetes-validations': [
      { rule: 'isCIDR(self)', message: 'a range of addresses is an address and a length, like 10.1.0.0/16' },
    ],
  })

const peer = z
  .object({
    namespaceSelector: field(selector('namespaces'), 'Pods of these namespaces; of the own one unless given'),
    podSelector: field(selector('pods'), 'These pods; all of the namespaces unless given'),
    ipBlock: field(
      z
        .object({
          cidr: field(cidr, 'The addresses'),
          except: field(z.array(cidr).max(16).optional(), 'Ranges in it that are left out', {
            list: 'atomic',
          }),
        })
        .optional(),
      'These addresses',
    ),
  })
  .meta({
    'x-kubernetes-validations': [
      {
        rule: 'has(self.ipBlock) != (has(self.namespaceSelector) || has(self.podSelector))',
        message: 'a peer has either ipBlock, or namespaceSelector and podSelector or one of them',
      },
    ],
  })

const peers = (meaning: string) => field(z.array(peer).min(1).max(16).optional(), meaning, { list: 'atomic' })

export const networkPolicy = field(
  z
    .object({
      enabled: field(z.boolean().default(true), 'Whether NetworkPolicies are made'),
      clientPeers: peers('Who may reach the ports for clients; everyone unless given'),
      metricsPeers: peers('Who may reach the port of metrics (9464); everyone unless given'),
    })
    .prefault({}),
  'What may reach the pods. The ports among the processes are open to the cluster’s own pods alone',
)
