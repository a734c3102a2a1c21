import { freePorts } from '../../support/ports.ts'
import { PEER_ROWS, type Peer } from './peer.ts'
import { startAll } from './processes.ts'
import { build, debianPackage, LOAD } from './tools.ts'

export const redis: Peer = {
  name: 'redis',
  what: 'Redis Streams, `appendfsync always`, 1 node',
  acknowledged: 'flushed on the one',
  rows: PEER_ROWS,
  async prepare() {
    await build('load', './load')
    return debianPackage('redis-server')
  },
  async start(folder) {
    const [port = 0] = await freePorts(1)
    const settings = {
      port: String(port),
      bind: '127.0.0.1',
      dir: folder,
      appendonly: 'yes',
      appendfsync: 'always',
      save: '',
    }
    const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value])
    return startAll({
      processes: { redis: { command: ['redis-server', ...args], port } },
      load: [LOAD, '-peer', 'redis', '-addresses', `127.0.0.1:${port}`],
    })
  },
}
