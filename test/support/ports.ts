import { once } from 'node:events'
import { createServer } from 'node:net'
import { checkPorts, planSystem, portsFrom } from '../../src/cli/launcher/index.ts'

/**
 * Below the ports that Linux and macOS give to connections by themselves: what is found free there would not stay so, for
 * each connection of any test takes one of those, the system's own before all its processes listen.
 */
const [FIRST, LAST] = [10_000, 32_000]
/** Between two bases: the ports behind them, and those for HTTP, do not overlap. */
const STEP = 20

/** A base whose ports are all free now, for a system of three servers and two clients. */
export async function freeBase(): Promise<number> {
  const bases = Math.floor((LAST - Math.max(...portsFrom(FIRST, 3, 2).http)) / STEP)
  for (let index = process.pid % bases; ; index = (index + 1) % bases) {
    const base = FIRST + index * STEP
    const ports = portsFrom(base, 3, 2)
    try {
      await checkPorts(planSystem({ servers: 3, clients: 2, folder: '', ports }))
      return base
    } catch {
      // Someone else's; the next ones.
    }
  }
}

/** So many different ports that are free now. All are held until all are known. */
export async function freePorts(count: number): Promise<number[]> {
  const held = []
  const start = Math.floor(Math.random() * (LAST - FIRST))
  for (let tried = 0; held.length < count && tried < LAST - FIRST; tried++) {
    const port = FIRST + ((start + tried) % (LAST - FIRST))
    const server = createServer().listen(port, '127.0.0.1')
    try {
      await once(server, 'listening')
      held.push({ port, server })
    } catch {
      // Someone else's; the next one.
    }
  }
  await Promise.all(held.map(({ server }) => once(server.close(), 'close')))
  if (held.length < count) throw new Error(`Fewer than ${count} ports are free from ${FIRST} to ${LAST}`)
  return held.map(({ port }) => port)
}
