import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Measured, RowResult } from '../measured.ts'
import type { Published } from '../own/protocol.ts'
import { type Use, watchProcessors } from '../processors.ts'
import { mosquitto } from './mosquitto.ts'
import { jetStream } from './nats.ts'
import type { Peer, PeerRow, RunningPeer } from './peer.ts'
import { rabbitmq } from './rabbitmq.ts'
import { redis } from './redis.ts'
import { teaching } from './teaching.ts'

export const PEERS: readonly Peer[] = [
  jetStream({
    name: 'nats-r3-always',
    what: 'NATS JetStream, R3, `sync_interval: always`',
    acknowledged: 'flushed on 2 of 3',
    servers: 3,
    sync: 'always',
  }),
  jetStream({
    name: 'nats-r3',
    what: 'NATS JetStream, R3, default',
    acknowledged: 'in the memory of 2 of 3, flushed within 2 minutes',
    servers: 3,
    sync: 'default',
  }),
  jetStream({
    name: 'nats-r1-always',
    what: 'NATS JetStream, R1, `sync_interval: always`',
    acknowledged: 'flushed on the one',
    servers: 1,
    sync: 'always',
  }),
  redis,
  rabbitmq,
  mosquitto,
  teaching,
]

export interface PeerResult {
  readonly name: string
  readonly what: string
  readonly acknowledged: string
  readonly version: string
  readonly rows: readonly RowResult[]
}

export interface PeerOptions {
  readonly peers: readonly string[]
  /** Names of rows; a peer has only some of them. */
  readonly rows?: readonly string[]
  readonly runs: number
  readonly ms: number
  readonly tell: (progress: string) => void
}

/** Measures peers one after the other, each so often. Every run is a new start in an empty folder. */
export async function benchPeers(options: PeerOptions): Promise<PeerResult[]> {
  const results: PeerResult[] = []
  for (const peer of PEERS.filter(({ name }) => options.peers.includes(name))) {
    options.tell(`${peer.name}: preparing`)
    const version = await peer.prepare()
    const { name, what, acknowledged } = peer
    const rows = peer.rows.filter((row) => options.rows?.includes(row.name) ?? true)
    const runs: Measured[][] = rows.map(() => [])
    for (let run = 1; run <= options.runs; run++) {
      options.tell(`${name}: run ${run} of ${options.runs}`)
      for (const [index, measured] of (await runOnce(peer, rows, options.ms)).entries()) {
        runs[index]?.push(measured)
      }
    }
    results.push({
      name,
      what,
      acknowledged,
      version,
      rows: rows.map((row, index) => ({ name: row.name, what: row.what, runs: runs[index] ?? [] })),
    })
  }
  return results
}

async function runOnce(peer: Peer, rows: readonly PeerRow[], ms: number): Promise<Measured[]> {
  const folder = await mkdtemp(join(tmpdir(), `recado-bench-${peer.name}-`))
  try {
    const running = await peer.start(folder)
    try {
      const measured: Measured[] = []
      for (const row of rows) measured.push(await measure(running, row, ms))
      return measured
    } finally {
      await running.stop()
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** One process of load, which says on its standard output when its warm-up is over, and then what it did. */
async function measure(peer: RunningPeer, { clients, window }: PeerRow, ms: number): Promise<Measured> {
  const [command, ...given] = peer.load
  const sizes = ['-clients', String(clients), '-window', String(window)]
  const times = ['-warm-up', `${Math.max(1000, ms / 3)}ms`, '-duration', `${ms}ms`]
  const child = spawn(command, [...given, ...sizes, ...times], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  let stop: (() => Use) | undefined
  for await (const line of createInterface({ input: child.stdout })) {
    const said = JSON.parse(line) as { state: string } | Published
    if ('state' in said) {
      stop = watchProcessors({ ...peer.pids, load: child.pid as number })
      continue
    }
    const { acknowledged, failed, tookMs, latency } = said
    const use = stop?.()
    await ended
    return { perSecond: (acknowledged / tookMs) * 1000, latency, failed, ...(use !== undefined && { use }) }
  }
  const [status, signal] = (await ended) as [number | null, string | null]
  throw new Error(`${command} ended without a result: ${signal ?? `exit status ${status}`}`)
}
