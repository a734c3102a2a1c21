import { until } from '../../support/load.ts'
import type { Group, Scenario } from '../scenario.ts'
import { isReady } from '../support/chart.ts'
import { nameOf } from '../support/image.ts'
import type { Stage } from '../support/stage.ts'
import { underLoad } from '../under-load.ts'

const DEADLINE_MS = 480_000
const ROLLED_MS = 240_000

const image: Scenario = {
  name: 'the image is changed',
  needs: ['other image'],
  says: 'name another image in the spec: servers roll one at a time, the coordinator last',
  deadlineMs: DEADLINE_MS,
  short: true,
  run: (world) =>
    underLoad(world, {
      spec: { image: { name: nameOf(world.image) } },
      gapMaxMs: 3000,
      steps: (stage, broken) =>
        rolling(stage, broken, async () => {
          await stage.patch({ image: { name: nameOf(world.other) } })
        }),
    }),
}

const upgrade: Scenario = {
  name: 'helm upgrade',
  needs: ['other image'],
  says: 'helm upgrade to another image, which the clusters that name none follow',
  deadlineMs: DEADLINE_MS,
  run: (world) =>
    underLoad(world, {
      steps: (stage, broken) => rolling(stage, broken, () => world.release.install({}, world.other)),
    }),
}

const samePods: Scenario = {
  name: 'helm upgrade with the same pods',
  needs: ['other image'],
  says: 'helm upgrade to another image, while the cluster names its own: nothing rolls',
  deadlineMs: DEADLINE_MS,
  run: (world) =>
    underLoad(world, {
      spec: { image: { name: nameOf(world.image) } },
      gapMaxMs: 3000,
      async steps(stage, broken) {
        const before = await uidsOf(stage)
        await world.release.install({}, world.other)
        // The new operator has looked at the cluster once it has done something new with it.
        await stage.patch({ service: { annotations: { 'example.org/seen': 'true' } } })
        await stage.settled()
        const after = await uidsOf(stage)
        const rolled = [...before].filter((uid) => !after.has(uid))
        if (rolled.length > 0) broken.push(`${rolled.length} pods were replaced`)
        return [`${before.size} pods, all as before`]
      },
    }),
}

const badImage: Scenario = {
  name: 'an image that is not there',
  says: 'name an image that cannot be pulled; then the right one again',
  deadlineMs: DEADLINE_MS,
  run: (world) =>
    underLoad(world, {
      spec: { image: { name: nameOf(world.image) } },
      async steps(stage, broken) {
        await stage.patch({ image: { name: `${world.image.repository}:is-not-there` } })
        await until(120_000, async () => {
          const { status, message = '' } = (await stage.condition('Degraded')) ?? {}
          return (status === 'True' && /ImagePull|pull/i.test(message)) || `Degraded is ${status}: ${message}`
        })
        const ready = (await stage.pods('server')).filter(isReady).length
        if (ready < 2) broken.push(`${ready} servers were ready while the rollout stood`)
        await stage.patch({ image: { name: nameOf(world.image) } })
        await stage.settled(ROLLED_MS)
        return [`${ready} servers stayed`]
      },
    }),
}

/** Watches servers while something makes them roll: never two away, the coordinator last. */
async function rolling(stage: Stage, broken: string[], change: () => Promise<void>): Promise<string[]> {
  const coordinator = await coordinatorOf(stage)
  const before = new Map((await stage.pods('server')).map(({ metadata }) => [metadata.name, metadata.uid]))
  const order: string[] = []
  const begun = performance.now()
  await change()
  await until(ROLLED_MS, async () => {
    const pods = await stage.pods('server')
    const ready = pods.filter(isReady)
    if (ready.length < before.size - 1) {
      const text = `${ready.length} of ${before.size} servers were ready`
      if (broken.at(-1) !== text) broken.push(text)
    }
    for (const { metadata } of pods) {
      if (before.get(metadata.name) !== metadata.uid && !order.includes(metadata.name))
        order.push(metadata.name)
    }
    return order.length === before.size || `${order.length} of ${before.size} servers were replaced`
  })
  await stage.settled(ROLLED_MS)
  if (order.at(-1) !== coordinator)
    broken.push(`${coordinator} was coordinator, and they rolled ${order.join(', ')}`)
  return [`rolled in ${Math.round((performance.now() - begun) / 1000)} s: ${order.join(', ')}`]
}

async function coordinatorOf(stage: Stage): Promise<string | undefined> {
  const { coordinator } = ((await stage.resource())?.['status'] ?? {}) as { coordinator?: string }
  return coordinator
}

async function uidsOf(stage: Stage): Promise<Set<string | undefined>> {
  const components = ['ref', 'broker', 'proxy', 'server'] as const
  const lists = await Promise.all(components.map((component) => stage.pods(component)))
  return new Set(lists.flat().map(({ metadata }) => metadata.uid))
}

export const changes: Group = {
  title: 'Changes, under load',
  scenarios: [image, upgrade, samePods, badImage],
}
