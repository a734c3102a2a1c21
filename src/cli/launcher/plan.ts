import { join } from 'node:path'
import type { Role } from '../../config/index.ts'
import { LOCAL_CLIENT } from '../keys/names.ts'

export interface SystemOptions {
  readonly servers: number
  readonly clients: number
  /** The folder that holds a folder for each process. */
  readonly folder: string
  /** The folder with all keys, for secured mode: each process is shown its role's part of it. */
  readonly keys?: string | undefined
  readonly ports: Ports
  /** More settings, for all processes or by the name of one. */
  readonly environment?: (name: string) => Readonly<Record<string, string>>
  /** Where a process listens, by its name; loopback unless given. */
  readonly host?: (name: string) => string
  /** A command that starts a process's own, as `nsenter` does, by its name; none unless given. */
  readonly within?: (name: string) => readonly string[]
}

/** The ports of a whole system. */
export interface Ports {
  readonly clients: number
  readonly servers: number
  readonly publishers: number
  readonly subscribers: number
  readonly ref: number
  /** In secured mode: where servers hear each other by the proxy, and where operators reach ref. */
  readonly replica: number
  readonly operators: number
  /** Of server `i`, from 0. */
  readonly peers: readonly number[]
  /** In the order ref, broker, proxy, servers, clients. */
  readonly http: readonly number[]
}

/** One process to start. */
export interface ProcessPlan {
  readonly name: string
  readonly role: Role
  readonly environment: Readonly<Record<string, string>>
  readonly host: string
  /** What comes before the process's own command. */
  readonly within: readonly string[]
  /** All ports that it listens at. */
  readonly ports: readonly number[]
  readonly portHttp: number
}

export interface SystemPlan {
  readonly processes: readonly ProcessPlan[]
  readonly folder: string
  readonly keys: string | undefined
  readonly brokerAddress: string
  readonly proxyAddress: string
  readonly refAddress: string
}

/** The default port base gives the ports that every role has by itself. */
export const PORT_BASE = 5555
const HTTP_AFTER_BASE = 3909
/** Behind those of as many servers as one machine may have. */
const [REPLICA_AFTER_BASE, OPERATORS_AFTER_BASE] = [14, 15]
const LOOPBACK = '127.0.0.1'

export function portsFrom(base: number, servers: number, clients: number): Ports {
  return {
    clients: base,
    servers: base + 1,
    publishers: base + 2,
    subscribers: base + 3,
    ref: base + 4,
    replica: base + REPLICA_AFTER_BASE,
    operators: base + OPERATORS_AFTER_BASE,
    peers: Array.from({ length: servers }, (_, index) => base + 5 + index),
    http: Array.from({ length: 3 + servers + clients }, (_, index) => base + HTTP_AFTER_BASE + index),
  }
}

/** Which processes make up a system, and what each is told. Nothing is touched. */
export function planSystem(options: SystemOptions): SystemPlan {
  const { servers, clients, folder, keys, ports, environment } = options
  const { host = () => LOOPBACK, within = () => [] } = options
  const names = Array.from({ length: servers }, (_, index) => `server-${index + 1}`)
  const at = (name: string, port: number): string => `tcp://${host(name)}:${port}`
  const refAddress = at('ref', ports.ref)
  const proxy = `${at('proxy', ports.publishers)}/${keys === undefined ? ports.subscribers : ports.replica}`
  const proxyAddress = at('proxy', ports.subscribers)
  const brokerAddress = at('broker', ports.clients)
  const peers = names.map((name, index) => `${name}=${at(name, ports.peers[index] as number)}`).join(',')
  const toClients = { BROKERS: brokerAddress, PROXIES: proxyAddress }
  const processes: ProcessPlan[] = []
  const add = (role: Role, name: string, own: readonly number[], settings: Record<string, string>): void => {
    const portHttp = ports.http[processes.length] as number
    const common = {
      ROLE: role,
      NAME: name,
      BIND: host(name),
      PORT_HTTP: String(portHttp),
      LOG_FORMAT: 'json',
      ...(keys !== undefined && { SECURITY: 'secured', KEYS_DIR: keysOf(keys, role) }),
    }
    const known = role === 'ref' || role === 'client' ? {} : { REF: refAddress }
    processes.push({
      name,
      role,
      host: host(name),
      within: within(name),
      portHttp,
      ports: [...own, portHttp],
      environment: { ...common, ...known, ...settings, ...environment?.(name) },
    })
  }
  add('ref', 'ref', [ports.ref, ...(keys === undefined ? [] : [ports.operators])], {
    PORT_REF: String(ports.ref),
    DATA_DIR: join(folder, 'ref'),
    SERVERS: names.join(','),
    PORT_OPERATORS: String(ports.operators),
  })
  add('broker', 'broker', [ports.clients, ports.servers], {
    PORT_CLIENTS: String(ports.clients),
    PORT_SERVERS: String(ports.servers),
  })
  add(
    'proxy',
    'proxy',
    [ports.publishers, ports.subscribers, ...(keys === undefined ? [] : [ports.replica])],
    {
      PORT_PUBLISHERS: String(ports.publishers),
      PORT_SUBSCRIBERS: String(ports.subscribers),
      PORT_SERVERS: String(ports.replica),
    },
  )
  for (const [index, name] of names.entries()) {
    const port = ports.peers[index] as number
    add('server', name, [port], {
      PORT_PEERS: String(port),
      DATA_DIR: join(folder, name),
      BROKERS: at('broker', ports.servers),
      PROXIES: proxy,
      PEERS: peers,
      // A laptop's disk is often nearly full; on one machine the reserve only has to keep the store able to heal.
      DISK_RESERVE: '0.01',
    })
  }
  for (let index = 1; index <= clients; index++) add('client', `client-${index}`, [], toClients)
  return { processes, folder, keys, brokerAddress, proxyAddress, refAddress }
}

/** The bots share one client's key. */
function keysOf(keys: string, role: Role): string {
  return role === 'client' ? join(keys, 'clients', LOCAL_CLIENT) : join(keys, role)
}
