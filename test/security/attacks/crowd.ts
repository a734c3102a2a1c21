import type { Socket } from 'node:net'
import { connect } from '../../../src/client/index.ts'
import { until } from '../../support/load.ts'
import { greet } from '../strangers.ts'
import { portOf, type Target } from './target.ts'
import { secretOf } from './users.ts'

const HONEST = 'nuno'
const CROWD = 2000
const HONEST_MS = 5000
const CUT_OFF_MS = 20_000

/** Two thousand connections to one broker that begin a handshake and never end it, while an honest client comes. */
export async function crowdIn(target: Target): Promise<string[]> {
  const { address } = portOf(target, "the broker's clients' port")
  const { hostname, port } = new URL(address)
  const slow: Socket[] = await Promise.all(Array.from({ length: CROWD }, () => greet(Number(port), hostname)))
  try {
    const { proxyAddress: proxy, keysDir } = target
    const begun = performance.now()
    const honest = await connect({
      broker: address,
      proxy,
      keysDir,
      user: HONEST,
      secret: secretOf(HONEST),
      timeoutMs: 2 * HONEST_MS,
    })
    await honest.createChannel('crowd')
    await honest.publish('crowd', 'through it')
    await honest.close()
    const tookMs = Math.round(performance.now() - begun)
    await until(CUT_OFF_MS, () => {
      const open = slow.filter((socket) => !socket.destroyed).length
      return open === 0 || `${open} of ${CROWD} slow handshakes are still open`
    })
    const brokenOff = await target.counted(
      'broker',
      'recado_handshakes_total{port="clients",result="broken_off"}',
    )
    return [
      ...(tookMs <= HONEST_MS ? [] : [`an honest client came through the crowd after ${tookMs} ms`]),
      ...(brokenOff >= CROWD ? [] : [`${brokenOff} of ${CROWD} slow handshakes are counted`]),
    ]
  } finally {
    for (const socket of slow) socket.destroy()
  }
}
