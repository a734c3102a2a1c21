import { z } from 'zod'
import {
  addressesField,
  addressOrHostField,
  booleanField,
  clusterField,
  hostField,
  integerField,
  nameField,
  namesField,
  numberField,
  peersField,
  proxiesField,
  setting,
  uidField,
} from './fields.ts'

const port = (byDefault: number, meaning: string) =>
  setting(integerField(byDefault, 0, 65_535), {
    meaning,
    expected: 'a port from 0 to 65535 (0: any free port)',
  })

const milliseconds = (byDefault: number, min: number, meaning: string) =>
  setting(integerField(byDefault, min, 86_400_000), {
    meaning,
    expected: `whole milliseconds from ${min} to 86400000`,
  })

const count = (byDefault: number, meaning: string) =>
  setting(integerField(byDefault, 1, 10_000_000), { meaning, expected: 'a whole number from 1 to 10000000' })

const ADDRESSES = 'addresses like tcp://host:port, separated by commas'

const everyone = {
  name: setting(nameField, {
    meaning: 'The name of this process',
    expected: '1 to 64 of A-Z a-z 0-9 . _ -',
    otherwise: 'the role; needed for a server and a client',
  }),
  cluster: setting(clusterField, {
    meaning: 'The cluster that this process belongs to; an operator belongs to none',
    expected: 'namespace/name',
  }),
  bind: setting(hostField.default('127.0.0.1'), {
    meaning: 'The address that this process listens at; beyond loopback choose `SECURITY=secured`',
    expected: 'an IP address or a host name',
  }),
  advertise: setting(addressOrHostField.optional(), {
    meaning: 'Where others find this process: a host, or an address with the port',
    expected: 'a host, an IP address, or an address like tcp://host:port',
    otherwise: '`BIND`, or the host name when that stands for all addresses',
  }),
  portHttp: port(9464, 'The port of /startz, /livez, /readyz and /metrics'),
  logLevel: setting(z.enum(['trace', 'debug', 'info', 'warn', 'error']).default('info'), {
    meaning: 'The least level that is logged',
    expected: 'trace, debug, info, warn or error',
  }),
  security: setting(z.enum(['open', 'secured']).default('open'), {
    meaning: 'Whether every connection must prove a key that is listed and is encrypted',
    expected: 'open or secured',
  }),
  keysDir: setting(z.string().min(1).optional(), {
    meaning: 'The folder of this process’s keys, for `SECURITY=secured`',
    expected: 'a folder',
    otherwise: 'none; needed when secured',
  }),
  logFormat: setting(z.enum(['json', 'pretty']).optional(), {
    meaning: 'One JSON object a line, or lines for people',
    expected: 'json or pretty',
    otherwise: 'pretty on a terminal, else json',
  }),
}

const ref = {
  ref: setting(addressesField('tcp://127.0.0.1:5559'), {
    meaning: 'Where the reference service is; empty for none',
    expected: ADDRESSES,
  }),
}

/** Of those that tell ref of themselves. */
const pod = {
  podUid: setting(uidField.optional(), {
    meaning: 'The uid of this process’s pod on Kubernetes, by which an operator tells ref of it',
    expected: '1 to 128 visible ASCII characters',
  }),
}

const dataDir = {
  dataDir: setting(z.string().min(1).optional(), {
    meaning: 'The folder of this process’s data',
    expected: 'a folder',
    otherwise: '`data/` and the name',
  }),
}

export const brokerFields = {
  ...everyone,
  ...ref,
  ...pod,
  portClients: port(5555, 'The port for clients'),
  portServers: port(5556, 'The port for servers'),
  clientQueue: count(4096, 'Requests that one connection may have waiting; beyond it `overloaded`'),
  queue: count(
    65_536,
    'Bodies, each a request or a batch of them, that may wait in all; beyond it `overloaded`',
  ),
  requestDeadlineMs: milliseconds(10_000, 1, 'How long a request may wait for an answer'),
}

export const proxyFields = {
  ...everyone,
  ...ref,
  ...pod,
  portPublishers: port(5557, 'The port for servers’ publications'),
  portSubscribers: port(5558, 'The port for subscribers'),
  portServers: port(5561, 'The port at which servers hear each other; with `SECURITY=secured` only'),
  subscriberQueue: count(10_000, 'Frames that may wait for one subscriber; it loses those beyond'),
}

export const refFields = {
  ...everyone,
  ...dataDir,
  portRef: port(5559, 'The port of the reference service'),
  portOperators: port(5562, 'The port for the operator; with `SECURITY=secured` only'),
  servers: setting(namesField(''), {
    meaning: 'The names of all servers wanted: the first list of voters',
    expected: 'names separated by commas',
  }),
}

export const serverFields = {
  ...everyone,
  ...ref,
  ...pod,
  ...dataDir,
  portPeers: port(5560, 'The port for the other servers'),
  brokers: setting(addressesField('tcp://127.0.0.1:5556'), {
    meaning: 'The brokers’ ports for servers',
    expected: ADDRESSES,
  }),
  proxies: setting(proxiesField('tcp://127.0.0.1:5557'), {
    meaning:
      'The proxies’ ports for publishers and, behind the slash, where servers hear each other: subscribers’, or `PORT_SERVERS` when secured; the next one unless given',
    expected: 'addresses like tcp://host:port or tcp://host:publishers/port, separated by commas',
  }),
  peers: setting(peersField, {
    meaning: 'The servers’ ports for each other; the own name is passed over',
    expected: 'name=tcp://host:port, separated by commas',
  }),
  acks: setting(z.enum(['one', 'quorum', 'all']).default('quorum'), {
    meaning: 'On whose disks an operation is before it is acknowledged, unless the request says',
    expected: 'one, quorum or all',
  }),
  ackDeadlineMs: milliseconds(5000, 1, 'How long an acknowledgement may take; then `unavailable`'),
  messageBytesMax: setting(integerField(262_144, 1, 524_288), {
    meaning: 'The largest message, in bytes; the same on all servers',
    expected: 'a whole number from 1 to 524288',
  }),
  diskReserve: setting(numberField(0.1, 0, 0.9), {
    meaning: 'The part of the disk that stays free: below it nothing new is accepted',
    expected: 'a number from 0 to 0.9',
  }),
  allowNetworkFs: setting(booleanField, {
    meaning: 'Insist on a data folder on a network file system',
    expected: 'true or false',
  }),
  users: setting(z.enum(['any', 'listed']).default('any'), {
    meaning:
      'When secured: whether the first login of any new name sets its secret, or only of those in `users.list` in `KEYS_DIR`',
    expected: 'any or listed',
  }),
  userRequests: count(8192, 'When secured: requests of one user that may be under way at this server'),
  userBytesPerSecond: setting(integerField(67_108_864, 1024, 10_000_000_000), {
    meaning: 'When secured: bytes of messages that one user may say at this server in a second',
    expected: 'a whole number from 1024 to 10000000000',
  }),
  userChannels: count(1000, 'When secured: channels that one user may create'),
  tokenLifetimeMs: milliseconds(3_600_000, 1000, 'When secured: how long the token of a login is valid'),
  syncIntervalMs: milliseconds(
    2000,
    10,
    'The time between two rounds of clock synchronisation; five times as long while clocks agree',
  ),
  heartbeatTimeoutMs: milliseconds(3000, 100, 'A server not heard for so long does not count as live'),
  clockOffsetMs: setting(integerField(0, -86_400_000, 86_400_000), {
    meaning: 'For tests: sets this process’s clock apart',
    expected: 'whole milliseconds from -86400000 to 86400000',
  }),
  clockDriftPpm: setting(numberField(0, -100_000, 100_000), {
    meaning: 'For tests: makes this process’s clock run fast (or slow, below 0), in millionths',
    expected: 'a number from -100000 to 100000',
  }),
}

export const clientFields = {
  ...everyone,
  brokers: setting(addressesField('tcp://127.0.0.1:5555'), {
    meaning: 'The brokers’ ports for clients',
    expected: ADDRESSES,
  }),
  proxies: setting(addressesField('tcp://127.0.0.1:5558'), {
    meaning: 'The proxies’ ports for subscribers',
    expected: ADDRESSES,
  }),
  channels: setting(namesField('general,news'), {
    meaning: 'The channels that this client joins',
    expected: 'names separated by commas',
  }),
  rate: setting(numberField(1, 0, 100_000), {
    meaning: 'Operations a second',
    expected: 'a number from 0 to 100000',
  }),
}

export const operatorFields = {
  ...everyone,
  watchNamespaces: setting(namesField(''), {
    meaning: 'The namespaces whose MessagingClusters this operator looks after; empty for all of them',
    expected: 'names separated by commas',
  }),
  operatorImage: setting(z.string().regex(/^[\x21-\x7e]{1,512}$/), {
    meaning: 'The image of MessagingClusters that name none: the operator’s own',
    expected: 'an image like registry.example/recado:1.0.0',
    otherwise: 'none; it must be given',
  }),
  operatorImagePullPolicy: setting(z.enum(['Always', 'IfNotPresent', 'Never']).default('IfNotPresent'), {
    meaning: 'When the nodes pull that image',
    expected: 'Always, IfNotPresent or Never',
  }),
  podNamespace: setting(nameField.default('default'), {
    meaning: 'The namespace of the operator’s own pods and of its Lease',
    expected: 'the name of a namespace',
  }),
  leaseName: setting(nameField.default('recado-operator'), {
    meaning: 'The Lease by which several operators agree on the one that acts',
    expected: 'the name of a Lease',
  }),
  resyncMs: milliseconds(
    300_000,
    1000,
    'The time within which every MessagingCluster is looked at, changed or not',
  ),
  kubeconfig: setting(z.string().min(1).optional(), {
    meaning: 'The file that says where the API server is, for an operator that runs outside of it',
    expected: 'a file',
    otherwise: 'none: the API server of the cluster that the pod is in',
  }),
  kubernetesServiceHost: setting(hostField.optional(), {
    meaning: 'Where the API server is; Kubernetes tells every pod',
    expected: 'an IP address or a host name',
  }),
  kubernetesServicePort: port(443, 'The port of the API server; Kubernetes tells every pod'),
}

export const SCHEMAS = {
  broker: z.object(brokerFields),
  proxy: z.object(proxyFields),
  ref: z.object(refFields),
  server: z.object(serverFields),
  client: z.object(clientFields),
  operator: z.object(operatorFields),
}

export type Role = keyof typeof SCHEMAS
export const ROLE_NAMES = Object.keys(SCHEMAS) as readonly Role[]
