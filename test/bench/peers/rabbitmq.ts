import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePorts } from '../../support/ports.ts'
import { PEER_ROWS, type Peer } from './peer.ts'
import { startAll } from './processes.ts'
import { build, debianPackage, LOAD } from './tools.ts'

/** What Debian's own start script runs once it is the right user; this one runs as whoever measures. */
const SERVER = '/usr/lib/rabbitmq/bin/rabbitmq-server'

export const rabbitmq: Peer = {
  name: 'rabbitmq',
  what: 'RabbitMQ, quorum queue, 1 node',
  acknowledged: 'flushed on the one',
  rows: PEER_ROWS,
  async prepare() {
    await build('load', './load')
    return debianPackage('rabbitmq-server')
  },
  async start(folder) {
    const [port = 0, distribution = 0, names = 0] = await freePorts(3)
    const config = join(folder, 'rabbitmq.conf')
    const plugins = join(folder, 'plugins')
    await writeFile(config, `listeners.tcp.1 = 127.0.0.1:${port}\n`)
    await writeFile(plugins, '[].\n')
    const env = {
      ...process.env,
      HOME: folder,
      ERL_EPMD_ADDRESS: '127.0.0.1',
      ERL_EPMD_PORT: String(names),
      RABBITMQ_NODENAME: 'bench@localhost',
      RABBITMQ_DIST_PORT: String(distribution),
      RABBITMQ_CONFIG_FILE: config,
      RABBITMQ_ENABLED_PLUGINS_FILE: plugins,
      RABBITMQ_MNESIA_BASE: folder,
      RABBITMQ_LOG_BASE: folder,
      RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
    }
    return startAll({
      processes: {
        // Erlang starts its registry of names itself and leaves it behind; this one ends with the rest.
        epmd: { command: ['epmd'], port: names, env },
        rabbitmq: { command: [SERVER], port, env },
      },
      load: [LOAD, '-peer', 'rabbitmq', '-addresses', `127.0.0.1:${port}`],
    })
  },
}
