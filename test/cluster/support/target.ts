import { type Component, serverName } from '../../../src/operator/names.ts'
import type { Part, Target } from '../../security/attacks/index.ts'
import { type Port, portsAt, sumOf } from '../../security/strangers.ts'
import { isReady } from './chart.ts'
import type { Stage } from './stage.ts'

const METRICS_MS = 5000
const PARTS: readonly Part[] = ['broker', 'proxy', 'server', 'ref']

/** Where each pod of a cluster listens, the pods of one kind after the other. */
type Hosts = Readonly<Record<Part, readonly string[]>>

/** A cluster in secured mode, to be attacked from this machine at the addresses of its pods. */
export async function targetOf(stage: Stage): Promise<Target> {
  const keys = await stage.keys()
  if (keys === undefined) throw new Error('The cluster is not in secured mode')
  const { folder } = await keys.loot()
  const { brokerAddress, proxyAddress, keysDir = '' } = await stage.entrance()
  const hosts = await hostsOf(stage)
  const countedByEach = async (part: Part, text: string): Promise<number[]> => {
    const pages = await Promise.all((await addressesOf(stage, part)).map(metricsAt))
    return pages.map((page) => sumOf(page, text))
  }
  return {
    folder,
    brokerAddress,
    proxyAddress,
    keysDir,
    cluster: `${stage.namespace}/${stage.name}`,
    server: serverName(stage.name, 0),
    ports: portsOfNth(hosts, 0),
    everyPort: everyPort(hosts),
    async counted(part, text) {
      return (await countedByEach(part, text)).reduce((sum, count) => sum + count, 0)
    },
    countedByEach,
    async log(part) {
      const { kubernetes, namespace } = stage
      const logs = (await stage.pods(part)).map(({ metadata }) =>
        kubernetes.kubectl('logs', '-n', namespace, metadata.name),
      )
      return (await Promise.all(logs)).join('\n')
    },
  }
}

async function hostsOf(stage: Stage): Promise<Hosts> {
  const of = async (part: Part): Promise<string[]> => {
    const addresses = await addressesOf(stage, part)
    if (addresses.length === 0) throw new Error(`No ${part} is ready`)
    return addresses
  }
  return {
    broker: await of('broker'),
    proxy: await of('proxy'),
    server: await of('server'),
    ref: await of('ref'),
  }
}

/** The ports of the nth pod of each kind, and of the last of those that are fewer. */
function portsOfNth(hosts: Hosts, index: number): Port[] {
  const at = (part: Part, port: number): string =>
    `tcp://${hosts[part][Math.min(index, hosts[part].length - 1)]}:${port}`
  return portsAt({
    clients: at('broker', 5555),
    servers: at('broker', 5556),
    publishers: at('proxy', 5557),
    subscribers: at('proxy', 5558),
    replica: at('proxy', 5561),
    peers: at('server', 5560),
    ref: at('ref', 5559),
    operators: at('ref', 5562),
  })
}

function everyPort(hosts: Hosts): Port[] {
  const most = Math.max(...PARTS.map((part) => hosts[part].length))
  const all = Array.from({ length: most }, (_, index) => portsOfNth(hosts, index)).flat()
  return [...new Map(all.map((port) => [port.address, port])).values()]
}

/** Of the pods that are ready. */
export async function addressesOf(stage: Stage, component: Component): Promise<string[]> {
  return (await stage.pods(component))
    .filter(isReady)
    .map(({ status }) => (status as { podIP: string }).podIP)
}

async function metricsAt(ip: string): Promise<string> {
  const response = await fetch(`http://${ip}:9464/metrics`, {
    // A connection that is kept may be closed by the other side at the moment in which it is used again.
    headers: { connection: 'close' },
    signal: AbortSignal.timeout(METRICS_MS),
  })
  return response.text()
}
