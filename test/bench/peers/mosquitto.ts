import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePorts } from '../../support/ports.ts'
import { PEER_ROWS, type Peer } from './peer.ts'
import { startAll } from './processes.ts'
import { build, debianPackage, LOAD } from './tools.ts'

export const mosquitto: Peer = {
  name: 'mosquitto',
  what: 'Mosquitto, QoS 1, 1 node',
  acknowledged: 'in memory',
  rows: PEER_ROWS,
  async prepare() {
    await build('load', './load')
    return debianPackage('mosquitto')
  },
  async start(folder) {
    const [port = 0] = await freePorts(1)
    const config = join(folder, 'mosquitto.conf')
    await writeFile(config, `listener ${port} 127.0.0.1\nallow_anonymous true\npersistence false\n`)
    return startAll({
      processes: { mosquitto: { command: ['mosquitto', '-c', config], port } },
      load: [LOAD, '-peer', 'mosquitto', '-addresses', `127.0.0.1:${port}`],
    })
  },
}
