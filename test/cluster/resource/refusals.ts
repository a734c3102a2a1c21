/** A resource that the API server itself must refuse. */
export interface Refusal {
  readonly what: string
  /** `chat` unless given. */
  readonly name?: string
  readonly spec: unknown
  /** What the API server's message has in it: the field, and what is wrong with it. */
  readonly says: readonly string[]
}

const template = (part: unknown, component = 'servers'): unknown => ({ [component]: { template: part } })
const peers = (...list: unknown[]): unknown => ({ networkPolicy: { clientPeers: list } })
const resources = (part: unknown): unknown => template({ resources: part }, 'brokers')
const storage = (part: unknown): unknown => ({ servers: { storage: part } })

/** Refused when they are created: each rule of the schema at least once. */
export const REFUSALS: readonly Refusal[] = [
  {
    what: 'a name that is too long',
    name: `c${'h'.repeat(40)}`,
    spec: {},
    says: ['metadata.name has at most 40 characters'],
  },
  {
    what: 'a name that begins with a digit',
    name: '1chat',
    spec: {},
    says: ['metadata.name is a DNS label'],
  },
  { what: 'a name with a dot', name: 'chat.one', spec: {}, says: ['metadata.name is a DNS label'] },
  {
    what: 'no servers',
    spec: { servers: { replicas: 0 } },
    says: ['spec.servers.replicas', 'greater than or equal to 1'],
  },
  {
    what: 'ten servers',
    spec: { servers: { replicas: 10 } },
    says: ['spec.servers.replicas', 'less than or equal to 9'],
  },
  {
    what: 'a number in words',
    spec: { servers: { replicas: 'three' } },
    says: ['spec.servers.replicas', 'integer'],
  },
  {
    what: 'no brokers',
    spec: { brokers: { replicas: 0 } },
    says: ['spec.brokers.replicas', 'greater than or equal to 1'],
  },
  {
    what: 'no proxies',
    spec: { proxies: { replicas: 0 } },
    says: ['spec.proxies.replicas', 'greater than or equal to 1'],
  },
  {
    what: 'too many clients',
    spec: { clients: { replicas: 101 } },
    says: ['spec.clients.replicas', 'less than or equal to 100'],
  },
  {
    what: 'a negative rate',
    spec: { clients: { rate: -1 } },
    says: ['spec.clients.rate', 'greater than or equal to 0'],
  },
  {
    what: 'a channel with a space',
    spec: { clients: { channels: ['a b'] } },
    says: ['spec.clients.channels[0]'],
  },
  {
    what: 'a channel twice',
    spec: { clients: { channels: ['a', 'a'] } },
    says: ['spec.clients.channels', 'named once'],
  },
  {
    what: 'no channel',
    spec: { clients: { channels: [] } },
    says: ['spec.clients.channels', 'at least 1 item'],
  },
  {
    what: 'acks of nobody',
    spec: { servers: { acks: 'none' } },
    says: ['spec.servers.acks', '"one", "quorum", "all"'],
  },
  {
    what: 'messages that are too large',
    spec: { servers: { messageBytesMax: 1_000_000 } },
    says: ['spec.servers.messageBytesMax'],
  },
  {
    what: 'all of the disk in reserve',
    spec: { servers: { diskReservePercent: 100 } },
    says: ['spec.servers.diskReservePercent'],
  },
  { what: 'an unknown log level', spec: { ref: { logLevel: 'loud' } }, says: ['spec.ref.logLevel'] },
  { what: 'a size that is no amount', spec: storage({ size: 'big' }), says: ['spec.servers.storage.size'] },
  {
    what: 'a volume that is too small',
    spec: storage({ size: '1Mi' }),
    says: ['servers.storage.size is at least 64Mi'],
  },
  {
    what: 'a StorageClass that cannot be one',
    spec: storage({ storageClassName: 'Fast!' }),
    says: ['spec.servers.storage.storageClassName'],
  },
  {
    what: 'retain in words',
    spec: storage({ retain: 'yes' }),
    says: ['spec.servers.storage.retain', 'boolean'],
  },
  {
    what: 'a security mode that does not exist',
    spec: { security: { mode: 'closed' } },
    says: ['spec.security.mode', '"open"'],
  },
  {
    what: 'a Service of another type',
    spec: { service: { type: 'ExternalName' } },
    says: ['spec.service.type'],
  },
  {
    what: 'an annotation that is the operator’s',
    spec: { service: { annotations: { 'recado.dev/applied': 'x' } } },
    says: ['spec.service.annotations', 'recado.dev/'],
  },
  { what: 'an image with a space', spec: { image: { name: 'recado: latest' } }, says: ['spec.image.name'] },
  {
    what: 'an unknown pull policy',
    spec: { image: { pullPolicy: 'Sometimes' } },
    says: ['spec.image.pullPolicy'],
  },
  {
    what: 'a pull secret without a name',
    spec: { image: { pullSecrets: [{}] } },
    says: ['spec.image.pullSecrets[0].name', 'Required'],
  },
  {
    what: 'a pull secret twice',
    spec: { image: { pullSecrets: [{ name: 'a' }, { name: 'a' }] } },
    says: ['spec.image.pullSecrets[1]', 'Duplicate'],
  },
  {
    what: 'a label that selects',
    spec: template({ labels: { 'app.kubernetes.io/instance': 'other' } }),
    says: ['spec.servers.template.labels', 'app.kubernetes.io/'],
  },
  {
    what: 'a label with a bad key',
    spec: template({ labels: { 'a b': 'c' } }),
    says: ['spec.servers.template.labels', 'key'],
  },
  {
    what: 'a label with a bad value',
    spec: template({ labels: { team: 'a b' } }),
    says: ['spec.servers.template.labels.team'],
  },
  {
    what: 'less memory than asked for',
    spec: resources({ requests: { memory: '1Gi' }, limits: { memory: '512Mi' } }),
    says: ['spec.brokers.template.resources.requests.memory', 'at most limits.memory'],
  },
  {
    what: 'less processor than asked for',
    spec: resources({ requests: { cpu: 2 }, limits: { cpu: '1500m' } }),
    says: ['spec.brokers.template.resources.requests.cpu', 'at most limits.cpu'],
  },
  {
    what: 'a negative amount',
    spec: resources({ requests: { cpu: '-1' } }),
    says: ['spec.brokers.template.resources.requests.cpu'],
  },
  {
    what: 'a toleration of nothing there is',
    spec: template({ tolerations: [{ effect: 'Never' }] }),
    says: ['spec.servers.template.tolerations[0].effect'],
  },
  {
    what: 'a toleration of all taints by a value',
    spec: template({ tolerations: [{ operator: 'Equal', value: 'x' }] }),
    says: ['spec.servers.template.tolerations[0]', 'key'],
  },
  {
    what: 'a toleration for a while of what does not evict',
    spec: template({ tolerations: [{ key: 'a', effect: 'NoSchedule', tolerationSeconds: 5 }] }),
    says: ['spec.servers.template.tolerations[0]', 'NoExecute'],
  },
  {
    what: 'spreading over nothing',
    spec: template({ spread: [{ maxSkew: 1 }] }),
    says: ['spec.servers.template.spread[0].topologyKey', 'Required'],
  },
  {
    what: 'spreading twice over the same',
    spec: template({ spread: [{ topologyKey: 'a' }, { topologyKey: 'a' }] }),
    says: ['spec.servers.template.spread', 'named once'],
  },
  {
    what: 'spreading without a skew',
    spec: template({ spread: [{ topologyKey: 'a', maxSkew: 0 }] }),
    says: ['spec.servers.template.spread[0].maxSkew'],
  },
  {
    what: 'a peer that is nobody',
    spec: peers({}),
    says: ['spec.networkPolicy.clientPeers[0]', 'either ipBlock'],
  },
  {
    what: 'a peer that is both',
    spec: peers({ podSelector: {}, ipBlock: { cidr: '10.0.0.0/8' } }),
    says: ['spec.networkPolicy.clientPeers[0]', 'either ipBlock'],
  },
  { what: 'no peer at all', spec: peers(), says: ['spec.networkPolicy.clientPeers', 'at least 1 item'] },
  {
    what: 'a range that is none',
    spec: peers({ ipBlock: { cidr: '10.0.0.0' } }),
    says: ['spec.networkPolicy.clientPeers[0].ipBlock.cidr'],
  },
  {
    what: 'a range beyond addresses',
    spec: peers({ ipBlock: { cidr: '10.0.0.0/40' } }),
    says: ['spec.networkPolicy.clientPeers[0].ipBlock.cidr'],
  },
  {
    what: 'an interval that is none',
    spec: { monitoring: { interval: 'often' } },
    says: ['spec.monitoring.interval'],
  },
  {
    what: 'alerts that wait for ever',
    spec: { monitoring: { alertDelayPercent: 5000 } },
    says: ['spec.monitoring.alertDelayPercent'],
  },
  { what: 'a spec that is a text', spec: 'good', says: ['spec', 'object'] },
  {
    what: 'a field that does not exist',
    spec: { servers: { replica: 3 } },
    says: ['unknown field', 'spec.servers.replica'],
  },
]

/** Refused as a change of a resource that is there. */
export const REFUSED_CHANGES: readonly (Refusal & { readonly from: unknown })[] = [
  {
    what: 'a smaller volume',
    from: storage({ size: '10Gi' }),
    spec: storage({ size: '9Gi' }),
    says: ['servers.storage.size may grow but not shrink'],
  },
  {
    what: 'another StorageClass',
    from: storage({ storageClassName: 'slow' }),
    spec: storage({ storageClassName: 'fast' }),
    says: ['servers.storage.storageClassName cannot change'],
  },
  {
    what: 'a StorageClass where there was none',
    from: {},
    spec: storage({ storageClassName: 'fast' }),
    says: ['servers.storage.storageClassName cannot change'],
  },
  {
    what: 'no StorageClass where there was one',
    from: storage({ storageClassName: 'slow' }),
    spec: storage({ storageClassName: null }),
    says: ['servers.storage.storageClassName cannot change'],
  },
]

/** Taken: what these rules must not stand in the way of. */
export const GOOD: readonly { readonly what: string; readonly spec: unknown }[] = [
  { what: 'nothing said', spec: {} },
  { what: 'an even number of servers', spec: { servers: { replicas: 4 } } },
  { what: 'a whole number of processors', spec: resources({ requests: { cpu: 1 }, limits: { cpu: 2 } }) },
  {
    what: 'limits of memory alone, as much as is asked for',
    spec: resources({ limits: { memory: '192Mi' } }),
  },
  {
    what: 'affinity of any form',
    spec: template({ affinity: { podAntiAffinity: { anything: [{ goes: true }] } } }),
  },
  { what: 'no spreading', spec: template({ spread: [] }) },
  { what: 'a peer of all namespaces', spec: peers({ namespaceSelector: {} }) },
  { what: 'a range of version 6', spec: peers({ ipBlock: { cidr: 'fd00::/8' } }) },
  { what: 'a toleration of everything', spec: template({ tolerations: [{ operator: 'Exists' }] }) },
]

/** Taken as changes. */
export const GOOD_CHANGES: readonly {
  readonly what: string
  readonly from: unknown
  readonly spec: unknown
}[] = [
  { what: 'a larger volume', from: storage({ size: '10Gi' }), spec: storage({ size: '20Gi' }) },
  {
    what: 'the same size in other words',
    from: storage({ size: '10Gi' }),
    spec: storage({ size: '10240Mi' }),
  },
  { what: 'retain off', from: {}, spec: storage({ retain: false }) },
  { what: 'from 3 servers to 1', from: {}, spec: { servers: { replicas: 1 } } },
]
