import type { RenderContext } from '../../../src/operator/resources/index.ts'
import { newKeyring, withUsers } from '../../../src/operator/security/index.ts'
import { testKeyMaker } from './key-maker.ts'

interface Example {
  readonly spec: Readonly<Record<string, unknown>>
  readonly context?: Partial<RenderContext>
}

const TEMPLATE = {
  labels: { team: 'chat' },
  annotations: { 'example.org/contact': 'chat@example.org' },
  resources: { requests: { cpu: 1, memory: '1024Mi' }, limits: { cpu: '2000m', memory: '2Gi' } },
  nodeSelector: { disk: 'fast' },
  tolerations: [
    { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 60 },
  ],
  affinity: {
    podAntiAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [
        { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { team: 'other' } } },
      ],
    },
  },
  spread: [{ topologyKey: 'topology.kubernetes.io/zone', maxSkew: 2, whenUnsatisfiable: 'DoNotSchedule' }],
  priorityClassName: 'important',
}

const PEER = {
  namespaceSelector: { matchLabels: { team: 'chat' } },
  podSelector: { matchLabels: { role: 'web' } },
}

const make = testKeyMaker()
const KEYRING = withUsers(newKeyring(make), {
  keys: [{ name: 'ana', key: make.pair().publicKey }],
  names: ['ana', 'recado-check'],
})

/** Resources whose objects are kept in golden files, by the file's name. */
export const EXAMPLES: Readonly<Record<string, Example>> = {
  default: { spec: {} },
  'one-server': { spec: { servers: { replicas: 1 }, brokers: { replicas: 1 }, proxies: { replicas: 1 } } },
  'automatic-clients': { spec: { clients: { replicas: 2, rate: 0.5, channels: ['general', 'sport'] } } },
  'network-policy-off': { spec: { networkPolicy: { enabled: false } } },
  'narrow-network-policy': {
    spec: {
      networkPolicy: {
        clientPeers: [PEER, { ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } }],
        metricsPeers: [
          { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } },
        ],
      },
    },
  },
  monitors: {
    spec: { monitoring: { annotations: false, labels: { release: 'prometheus' }, alertDelayPercent: 50 } },
    context: { serves: () => true },
  },
  open: { spec: { security: { mode: 'open' } } },
  'listed-users': {
    spec: { security: { users: 'listed' }, clients: { replicas: 1 } },
    context: { keyring: KEYRING },
  },
  'node-ports': {
    spec: { service: { type: 'NodePort', annotations: { 'example.org/pool': 'outer' } } },
  },
  everything: {
    spec: {
      image: {
        name: 'registry.example/own/recado:9',
        pullPolicy: 'Always',
        pullSecrets: [{ name: 'registry' }],
      },
      service: { type: 'LoadBalancer', annotations: { 'example.org/pool': 'outer' } },
      servers: {
        replicas: 5,
        storage: { size: '1024Gi', storageClassName: 'fast', retain: false, allowNetworkFileSystem: true },
        acks: 'all',
        diskReservePercent: 5,
        messageBytesMax: 1024,
        logLevel: 'debug',
        template: TEMPLATE,
      },
      brokers: { replicas: 3, logLevel: 'warn', template: TEMPLATE },
      proxies: { replicas: 4, template: TEMPLATE },
      ref: { template: TEMPLATE },
      clients: { replicas: 1, template: TEMPLATE },
      monitoring: { interval: '15s' },
      networkPolicy: { clientPeers: [PEER], metricsPeers: [PEER] },
    },
    context: { serves: () => true },
  },
}
