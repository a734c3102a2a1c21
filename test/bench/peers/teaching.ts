import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { freePorts } from '../../support/ports.ts'
import { PEER_ROWS, type Peer } from './peer.ts'
import { startAll } from './processes.ts'
import { output } from './tools.ts'

const FOLDER = join(import.meta.dirname, 'teaching')
const VENV = join(import.meta.dirname, '.venv')
const PYTHON = join(VENV, 'bin', 'python')
const SERVERS = 3

/**
 * The shape of the system that distributed systems are taught with: REQ clients, a ROUTER/DEALER broker, an XSUB/XPUB
 * proxy, three servers in Python with REP sockets, one reply a request.
 */
export const teaching: Peer = {
  name: 'teaching',
  what: "the teaching system's shape, Python servers",
  acknowledged: 'in one page cache',
  // A REQ client has one request in flight; more clients are its only way to more.
  rows: [
    ...PEER_ROWS.filter(({ window }) => window === 1),
    { name: 'one-32', what: 'one at a time, 32 clients', clients: 32, window: 1 },
  ],
  async prepare() {
    if (!existsSync(PYTHON)) await output('python3', ['-m', 'venv', VENV])
    await output(PYTHON, ['-m', 'pip', 'install', '-q', '-r', join(FOLDER, 'requirements.txt')])
    const python = (await output(PYTHON, ['--version'])).replace('Python ', '')
    const zmq = await output(PYTHON, ['-c', 'import zmq; print(zmq.__version__)'])
    return `Python ${python}, pyzmq ${zmq}`
  },
  async start(folder) {
    const [clients = 0, servers = 0, publishers = 0, subscribers = 0] = await freePorts(4)
    const script = (name: string, ...args: readonly (string | number)[]): readonly [string, ...string[]] => [
      PYTHON,
      join(FOLDER, `${name}.py`),
      ...args.map(String),
    ]
    return startAll({
      processes: {
        broker: { command: script('broker', clients, servers), port: clients },
        proxy: { command: script('proxy', publishers, subscribers), port: subscribers },
        ...Object.fromEntries(
          Array.from({ length: SERVERS }, (_, index) => [
            `server-${index + 1}`,
            {
              command: script(
                'server',
                `server-${index + 1}`,
                servers,
                publishers,
                subscribers,
                join(folder, `${index + 1}.jsonl`),
              ),
            },
          ]),
        ),
      },
      load: script('load', '-port', clients),
    })
  },
}
