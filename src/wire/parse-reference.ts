import { RecadoError } from './errors.ts'
import {
  type Fields,
  isMap,
  readBoolean,
  readCounts,
  readInteger,
  readMap,
  readName,
  readNames,
  readOneOf,
  readString,
  readStrings,
} from './fields.ts'
import { readVoters, SERVER_STATES } from './parse-peer.ts'
import {
  type Heartbeat,
  type HeartbeatReply,
  LISTED_STATES,
  type MembersReport,
  type ServerEntry,
  type ServerList,
} from './reference.ts'

/** Servers that a cluster has at most, removed ones among them. */
export const SERVERS_MAX = 1024
const TEXT_MAX = 512
const ROLES = ['server', 'broker', 'proxy'] as const

/** Reads the data of `heartbeat`. @throws RecadoError `bad_request` */
export function parseHeartbeat(data: Fields): Heartbeat {
  const optional = <Value>(key: string, read: (fields: Fields, key: string) => Value): Value | undefined =>
    data[key] === undefined ? undefined : read(data, key)
  const heartbeat = {
    cluster: readShort(data, 'cluster'),
    name: readName(data, 'name'),
    role: readOneOf(data, 'role', ROLES),
    uid: optional('uid', readShort),
    address: readShort(data, 'address'),
    incarnation: readInteger(data, 'incarnation'),
    rank: optional('rank', readInteger),
    ranks: optional('ranks', readRanks),
    voters: optional('voters', readVoters),
    state: optional('state', (fields, key) => readOneOf(fields, key, SERVER_STATES)),
    stopped: optional('stopped', readBoolean),
    coordinator: optional('coordinator', readShort),
    durable: optional('durable', readCounts),
    keys: optional('keys', readInteger),
  }
  if (heartbeat.voters !== undefined) {
    checkNames(heartbeat.voters.names, 'voters')
    checkNames(heartbeat.voters.next ?? [], 'voters')
  }
  return Object.fromEntries(
    Object.entries(heartbeat).filter(([, value]) => value !== undefined),
  ) as unknown as Heartbeat
}

/** Reads the ok reply to `list`. @throws RecadoError `bad_request` */
export function parseServerList(data: Fields): ServerList {
  return {
    servers: readEntries(data),
    coordinator: readShort(data, 'coordinator'),
    epoch: readInteger(data, 'epoch'),
    ...(data['keys'] === undefined ? {} : { keys: readCounts(data, 'keys') }),
  }
}

/** Reads the ok reply to `heartbeat`. @throws RecadoError `bad_request` */
export function parseHeartbeatReply(data: Fields): HeartbeatReply {
  return {
    rank: readInteger(data, 'rank'),
    servers: readEntries(data),
    brokers: readStrings(data, 'brokers'),
    proxies: readStrings(data, 'proxies'),
    ...(data['voters'] === undefined ? {} : { voters: readVoters(data, 'voters') }),
    epoch: readInteger(data, 'epoch'),
    time: readInteger(data, 'time'),
  }
}

/** Reads the data of `members`. @throws RecadoError `bad_request` */
export function parseMembersReport(data: Fields): MembersReport {
  const pods = data['pods']
  if (!Array.isArray(pods)) throw new RecadoError('bad_request', 'Key "pods" must be an array of maps')
  const wanted = readNames(data, 'wanted')
  checkNames(wanted, 'wanted')
  return {
    cluster: readShort(data, 'cluster'),
    term: readInteger(data, 'term'),
    sequence: readInteger(data, 'sequence'),
    wanted,
    pods: pods.map(parsePod),
  }
}

function readEntries({ servers }: Fields): ServerEntry[] {
  if (!Array.isArray(servers)) throw new RecadoError('bad_request', 'Key "servers" must be an array of maps')
  return servers.map(parseEntry)
}

function parseEntry(value: unknown): ServerEntry {
  const entry = asMap(value, 'servers')
  return {
    name: readName(entry, 'name'),
    rank: readInteger(entry, 'rank'),
    address: readString(entry, 'address'),
    state: readOneOf(entry, 'state', LISTED_STATES),
    voter: readBoolean(entry, 'voter'),
    lag: readInteger(entry, 'lag'),
    drained: readBoolean(entry, 'drained'),
  }
}

function parsePod(value: unknown): MembersReport['pods'][number] {
  const pod = asMap(value, 'pods')
  return {
    name: readShort(pod, 'name'),
    role: readShort(pod, 'role'),
    uid: readShort(pod, 'uid'),
    ip: readShort(pod, 'ip'),
    ready: readBoolean(pod, 'ready'),
    terminating: readBoolean(pod, 'terminating'),
  }
}

function asMap(value: unknown, key: string): Fields {
  if (isMap(value)) return value
  throw new RecadoError('bad_request', `Key "${key}" must be an array of maps`)
}

function readShort(fields: Fields, key: string): string {
  const text = readString(fields, key)
  if (text.length <= TEXT_MAX && text.isWellFormed()) return text
  throw new RecadoError(
    'bad_request',
    `Key "${key}" must be at most ${TEXT_MAX} characters of well-formed text`,
  )
}

function readRanks(fields: Fields, key: string): Readonly<Record<string, number>> {
  const names = Object.keys(readMap(fields, key))
  const ranks = readCounts(fields, key)
  checkNames(names, key)
  readNames({ [key]: names }, key)
  return ranks
}

function checkNames(names: readonly string[], key: string): void {
  if (names.length <= SERVERS_MAX && new Set(names).size === names.length) return
  throw new RecadoError('bad_request', `Key "${key}" must hold at most ${SERVERS_MAX} names, each once`)
}
