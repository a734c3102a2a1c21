import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePorts } from '../../support/ports.ts'
import { PEER_ROWS, type Peer } from './peer.ts'
import { type ProcessPlan, startAll } from './processes.ts'
import { build, LOAD, output } from './tools.ts'

/** NATS JetStream of so many servers, whose streams are on all of them. */
export function jetStream(options: {
  name: string
  what: string
  acknowledged: string
  servers: number
  /** Flush before each acknowledgement, or every two minutes. */
  sync: 'always' | 'default'
}): Peer {
  return {
    name: options.name,
    what: options.what,
    acknowledged: options.acknowledged,
    rows: PEER_ROWS,
    async prepare() {
      await build('load', './load')
      return (await output(await build('nats-server', SERVER), ['--version'])).replace(/^.*v/, '')
    },
    async start(folder) {
      const nats = await build('nats-server', SERVER)
      const ports = await freePorts(options.servers * 2)
      const servers = Array.from({ length: options.servers }, (_, index) => ({
        name: `nats-${index + 1}`,
        client: ports[index] as number,
        route: ports[options.servers + index] as number,
      }))
      const routes = servers.map(({ route }) => `nats-route://127.0.0.1:${route}`)
      const processes: Record<string, ProcessPlan> = {}
      for (const { name, client, route } of servers) {
        const store = join(folder, name)
        await mkdir(store)
        const cluster = `cluster { name: bench, listen: "127.0.0.1:${route}", routes: [${routes.join(', ')}] }`
        const sync = options.sync === 'always' ? ', sync_interval: always' : ''
        await writeFile(
          `${store}.conf`,
          [
            `server_name: ${name}`,
            `listen: "127.0.0.1:${client}"`,
            `jetstream { store_dir: "${store}"${sync} }`,
            options.servers > 1 ? cluster : '',
          ].join('\n'),
        )
        processes[name] = { command: [nats, '-c', `${store}.conf`], port: client }
      }
      const addresses = servers.map(({ client }) => `127.0.0.1:${client}`).join(',')
      const load = ['-peer', 'nats', '-replicas', String(options.servers), '-addresses', addresses]
      return startAll({ processes, load: [LOAD, ...load] })
    },
  }
}

const SERVER = 'github.com/nats-io/nats-server/v2'
