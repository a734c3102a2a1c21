import type { Component } from '../../../src/operator/names.ts'
import { ATTACKS, knockFromOutside } from '../../security/attacks/index.ts'
import { knock, pairOf, serverKey } from '../../security/strangers.ts'
import { until } from '../../support/load.ts'
import type { Group, Scenario } from '../scenario.ts'
import type { Stage } from '../support/stage.ts'
import { targetOf } from '../support/target.ts'
import { underLoad } from '../under-load.ts'
import { toSecured } from './moving.ts'
import { user } from './users.ts'

const SECURED = { security: { mode: 'secured' } }
const POLICIES_MS = 60_000
const ROTATED_MS = 400_000
const ROTATE = 'recado.dev/rotate-keys'
/** Whose keys must be others after a rotation of all. */
const HOLDERS = ['broker', 'proxy', 'server', 'operator', 'clients/local']

const attacks: Scenario = {
  name: 'attacks',
  says: `with all keys stolen, from outside: ${ATTACKS.map(({ name }) => name).join('; ')}; before that, network policies keep all but the clients’ ports shut`,
  needs: ['machine'],
  short: true,
  deadlineMs: 400_000,
  run: (world) =>
    underLoad(world, {
      spec: SECURED,
      gapMaxMs: 3000,
      async steps(stage, broken) {
        broken.push(...(await knockFromOutside(await targetOf(stage))))
        // What is behind them must hold without them.
        await stage.patch({ networkPolicy: { enabled: false } })
        await stage.settled()
        await reachable(stage)
        const target = await targetOf(stage)
        for (const { name, run } of ATTACKS) {
          world.tell(name)
          const found = await run(target).catch((error: unknown) => [String(error)])
          broken.push(...found.map((what) => `${name}: ${what}`))
        }
        return [`${ATTACKS.length} kinds of attack refused, counted and told`]
      },
    }),
}

/** Waits until this machine reaches every port: a policy that is gone is forgotten a little later. */
async function reachable(stage: Stage): Promise<void> {
  const { folder, ports } = await targetOf(stage)
  const port = ports.find(({ name }) => name === "a server's peers' port")
  if (port === undefined) throw new Error('There is no port of peers')
  const keys = { pair: pairOf({ folder }, port.holder), serverKey: serverKey({ folder }, port.side) }
  await until(POLICIES_MS, async () => {
    const outcome = await knock(port, keys)
    return outcome === 'admitted' || `${port.name}: ${outcome}`
  })
}

const rotation: Scenario = {
  name: 'all keys are rotated',
  says: `annotate the cluster with ${ROTATE}: every key is replaced, while clients read theirs from the Secret`,
  deadlineMs: 600_000,
  run: (world) =>
    underLoad(world, {
      spec: SECURED,
      gapMaxMs: 3000,
      async steps(stage, broken) {
        const keys = await stage.keys()
        if (keys === undefined) throw new Error('The cluster is not in secured mode')
        const uids = await podsOf(stage)
        const before = await keys.loot()
        const stolen = pairOf(before, 'clients/local')
        const begun = performance.now()
        const asked = `e2e ${new Date().toISOString()}`
        await stage.annotate(ROTATE, asked)
        await until(ROTATED_MS, async () => {
          const { rotated, rotation: waits } = await keysStatus(stage)
          return rotated === asked || `rotated: ${rotated}; under way: ${waits}`
        })
        const tookS = Math.round((performance.now() - begun) / 1000)
        const after = await keys.loot()
        for (const holder of HOLDERS) {
          if (pairOf(after, holder).publicKey === pairOf(before, holder).publicKey)
            broken.push(`${holder} has the key that it had`)
        }
        for (const side of ['front', 'back'] as const) {
          if (serverKey(after, side) === serverKey(before, side))
            broken.push(`${side} has the key that it had`)
        }
        const [door] = (await targetOf(stage)).ports
        const outcome = door && (await knock(door, { pair: stolen, serverKey: serverKey(after, 'front') }))
        if (outcome !== 'refused') broken.push(`a key of before: ${outcome}`)
        const now = await podsOf(stage)
        const replaced = [...uids].filter(([name, uid]) => now.get(name) !== uid)
        if (replaced.length > 0) broken.push(`${replaced.length} pods were replaced`)
        return [`rotated after ${tookS} s`]
      },
    }),
}

async function keysStatus(stage: Stage): Promise<{ rotated?: string; rotation?: string }> {
  const { keys = {} } = ((await stage.resource())?.['status'] ?? {}) as {
    keys?: { rotated?: string; rotation?: string }
  }
  return keys
}

async function podsOf(stage: Stage): Promise<Map<string, string | undefined>> {
  const components: readonly Component[] = ['ref', 'broker', 'proxy', 'server']
  const lists = await Promise.all(components.map((component) => stage.pods(component)))
  return new Map(lists.flat().map(({ metadata: { name, uid } }) => [name, uid]))
}

export const security: Group = { title: 'Secured mode', scenarios: [attacks, rotation, user, toSecured] }
