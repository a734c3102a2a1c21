import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { until } from '../support/load.ts'
import { freePorts } from '../support/ports.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
/** Nobody listens at port 1. */
const AWAY = 'tcp://127.0.0.1:1'
const STOP_MS = 5000

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'recado-stop-'))
})
afterAll(() => rm(folder, { recursive: true }))

function start(role: string, portHttp: number): ChildProcess {
  const ports = [
    'PORT_PEERS',
    'PORT_REF',
    'PORT_CLIENTS',
    'PORT_SERVERS',
    'PORT_PUBLISHERS',
    'PORT_SUBSCRIBERS',
  ]
  const env = {
    ...process.env,
    ...Object.fromEntries(ports.map((name) => [name, '0'])),
    ROLE: role,
    NAME: role,
    PORT_HTTP: String(portHttp),
    DATA_DIR: join(folder, role),
    REF: AWAY,
    BROKERS: AWAY,
    PROXIES: AWAY,
    PEERS: `other=${AWAY}`,
  }
  return spawn(process.execPath, [MAIN], { env, stdio: 'ignore' })
}

describe('a process whose peers are away', () => {
  it.each(['server', 'broker', 'proxy', 'ref', 'client'])(
    'has started, and ends within 5 seconds of SIGTERM: %s',
    async (role) => {
      const [portHttp] = (await freePorts(1)) as [number]
      const child = start(role, portHttp)
      const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
      await until(20_000, async () => {
        const answer = await fetch(`http://127.0.0.1:${portHttp}/startz`).catch(() => undefined)
        return answer?.status === 200
      })
      const began = performance.now()
      child.kill('SIGTERM')

      expect(await ended).toBe(0)
      expect(performance.now() - began).toBeLessThan(STOP_MS)
    },
    60_000,
  )
})
