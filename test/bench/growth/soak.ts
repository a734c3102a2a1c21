import { setTimeout as delay } from 'node:timers/promises'
import { startSystem } from '../../support/system.ts'
import { Load } from '../own/load.ts'
import { anonymousMemory } from '../processors.ts'
import type { Memory, SoakResult } from './results.ts'

const MINUTE_MS = 60_000
const CLIENTS = 4
const CHANNEL = 'soak'

export interface SoakOptions {
  readonly minutes: number
  readonly perSecond: number
  readonly tell: (progress: string) => void
}

/** Each process's memory, minute by minute, while clients publish at a rate and one subscribes. */
export async function benchSoak({ minutes, perSecond, tell }: SoakOptions): Promise<SoakResult> {
  const system = await startSystem({ servers: 3, env: { LOG_LEVEL: 'warn' } })
  const loads: Load[] = []
  try {
    await system.ready()
    const publisher = await Load.start('publisher', system, { channel: CHANNEL, clients: CLIENTS })
    loads.push(publisher)
    const subscriber = await Load.start('subscriber', system, { channel: CHANNEL })
    loads.push(subscriber)
    await subscriber.ask('subscribe', {})
    const began = performance.now()
    const pacing = publisher.ask('pace', { perSecond, ms: minutes * MINUTE_MS })
    // What ends early is told where it is waited for.
    pacing.catch(() => {})
    const memory: Memory[] = []
    for (let minute = 1; minute <= minutes; minute++) {
      await delay(began + minute * MINUTE_MS - performance.now())
      const now = Object.fromEntries(
        [...system.processes, ...loads].map(({ name, pid }) => [name, anonymousMemory(pid as number)]),
      )
      memory.push(now)
      const told = Object.entries(now).map(([name, mebibytes]) => `${name} ${mebibytes.toFixed(0)}`)
      tell(`minute ${minute} of ${minutes}, MiB: ${told.join(', ')}`)
    }
    const { acknowledged, failed } = await pacing
    return { minutes, perSecond, acknowledged, failed, memory }
  } finally {
    await Promise.all(loads.map((load) => load.stop()))
    await system.stop()
  }
}
