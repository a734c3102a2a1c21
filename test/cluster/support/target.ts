import { type Component, serverName } from '../../../src/operator/names.ts'
import type { Target } from '../../security/attacks/index.ts'
import { portsAt, sumOf } from '../../security/strangers.ts'
import { isReady } from './chart.ts'
import type { Stage } from './stage.ts'

const METRICS_MS = 5000

/** A cluster in secured mode, to be attacked from this machine at the addresses of its pods. */
export async function targetOf(stage: Stage): Promise<Target> {
  const keys = await stage.keys()
  if (keys === undefined) throw new Error('The cluster is not in secured mode')
  const { folder } = await keys.loot()
  const { brokerAddress, proxyAddress, keysDir = '' } = await stage.entrance()
  const at = async (component: Component, port: number): Promise<string> => {
    const [ip] = await addressesOf(stage, component)
    if (ip === undefined) throw new Error(`No ${component} is ready`)
    return `tcp://${ip}:${port}`
  }
  return {
    folder,
    brokerAddress,
    proxyAddress,
    keysDir,
    cluster: `${stage.namespace}/${stage.name}`,
    server: serverName(stage.name, 0),
    ports: portsAt({
      clients: await at('broker', 5555),
      servers: await at('broker', 5556),
      publishers: await at('proxy', 5557),
      subscribers: await at('proxy', 5558),
      replica: await at('proxy', 5561),
      peers: await at('server', 5560),
      ref: await at('ref', 5559),
      operators: await at('ref', 5562),
    }),
    async counted(part, text) {
      const pages = (await addressesOf(stage, part)).map(metricsAt)
      return (await Promise.all(pages)).reduce((sum, page) => sum + sumOf(page, text), 0)
    },
    async log(part) {
      const { kubernetes, namespace } = stage
      const logs = (await stage.pods(part)).map(({ metadata }) =>
        kubernetes.kubectl('logs', '-n', namespace, metadata.name),
      )
      return (await Promise.all(logs)).join('\n')
    },
  }
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
