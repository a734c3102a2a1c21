import { until } from '../../support/load.ts'
import type { World } from '../scenario.ts'
import type { Machine } from '../support/machine.ts'
import type { Stage } from '../support/stage.ts'

const API_MS = 60_000

export function machineOf({ machine }: World): Machine {
  if (machine === undefined) throw new Error('The nodes are not this machine’s')
  return machine
}

/** Starts the API server again, and waits until it serves. */
export async function startApi(world: World): Promise<void> {
  await machineOf(world).start('apiserver')
  await until(
    API_MS,
    async () => (await world.kubernetes.raw('/readyz').catch(String)) === 'ok' || 'not ready',
  )
}

/** Drops every packet between servers, both ways; what it gives lets them through again. */
export async function cutServersOff(machine: Machine, stage: Stage): Promise<() => Promise<void>> {
  const places: { readonly node: string; readonly ip: string }[] = []
  for (const server of await stage.serverNames()) places.push(await stage.placeOf(server))
  const pairs = places.flatMap((one, at) => places.slice(at + 1).map((other) => [one, other] as const))
  const cut: (typeof pairs)[number][] = []
  const heal = async (): Promise<void> => {
    for (const [one, other] of cut.splice(0)) await machine.heal(one.node, one.ip, other.ip)
  }
  try {
    for (const pair of pairs) {
      const [one, other] = pair
      await machine.cut(one.node, one.ip, other.ip)
      cut.push(pair)
    }
    return heal
  } catch (error) {
    await heal()
    throw error
  }
}
