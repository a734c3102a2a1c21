import type { Component } from '../../../src/operator/names.ts'
import { until } from '../../support/load.ts'
import type { Group, Scenario, World } from '../scenario.ts'
import type { Stage } from '../support/stage.ts'
import { underLoad } from '../under-load.ts'

const NOTICED_MS = 2000
const GAP_MS = 3000
const DEADLINE_MS = 300_000

const eachServer: Scenario = {
  name: 'each server is deleted',
  says: 'delete each server’s pod in its turn, and ask ref how soon it is not `up`',
  deadlineMs: DEADLINE_MS,
  run: (world) =>
    underLoad(world, {
      gapMaxMs: GAP_MS,
      async steps(stage, broken) {
        const noticed = []
        for (const server of await stage.serverNames()) {
          world.tell(`deletes ${server}`)
          noticed.push(await deleteAndWatch(stage, server))
          await stage.settled()
        }
        const longest = Math.max(...noticed)
        if (longest > NOTICED_MS) broken.push(`still up in ref’s list after ${Math.round(longest)} ms`)
        return [`not \`up\` after at most ${Math.round(longest)} ms`]
      },
    }),
}

/** How long, in ms, ref's list still calls a pod's server `up` after it is deleted; waits for the pod that follows. */
async function deleteAndWatch(stage: Stage, server: string): Promise<number> {
  await stage.list()
  const former = await stage.uidOf(server)
  const begun = performance.now()
  await stage.delete(server)
  await until(15_000, async () => {
    const state = (await stage.list()).find(({ name }) => name === server)?.state
    return state !== 'up' || `${server} is up`
  })
  const noticedMs = performance.now() - begun
  await stage.succeeded('server', new Set([former]), 3)
  return noticedMs
}

/** Deletes pods, some or all of a component's, and waits until others are ready. */
function replaced(
  name: string,
  says: string,
  component: Component,
  count: number,
  more: Partial<Scenario> = {},
): Scenario {
  return {
    name,
    says,
    deadlineMs: DEADLINE_MS,
    ...more,
    run: (world) =>
      underLoad(world, {
        ...(component === 'server' && count === 1 && { gapMaxMs: GAP_MS }),
        async steps(stage) {
          const pods = (await stage.pods(component)).map(({ metadata }) => metadata.name).toSorted()
          world.tell(`deletes ${pods.slice(0, count).join(' and ')}`)
          await stage.replace(component, pods.slice(0, count))
          await stage.settled()
        },
      }),
  }
}

const operator: Scenario = {
  name: 'the operator is deleted',
  says: 'delete every pod of the operator',
  deadlineMs: DEADLINE_MS,
  run: (world) =>
    underLoad(world, {
      gapMaxMs: GAP_MS,
      async steps(stage) {
        for (const { metadata } of await world.release.pods()) await world.release.delete(metadata.name)
        await world.release.ready()
        // It acts again: this reaches the Services.
        await stage.patch({ service: { annotations: { 'example.org/seen': 'true' } } })
        await stage.settled()
      },
    }),
}

const everything: Scenario = {
  name: 'all pods are deleted at once',
  says: 'delete every pod of the cluster, ref among them',
  deadlineMs: DEADLINE_MS,
  run: (world) =>
    underLoad(world, {
      async steps(stage) {
        const uids = await deleteAll(stage)
        const begun = performance.now()
        await until(120_000, async () => {
          const left = (await allPods(stage)).filter(({ uid }) => uids.has(uid))
          return left.length === 0 || `${left.length} of the old pods are still there`
        })
        await stage.settled(120_000)
        return [`Ready again ${((performance.now() - begun) / 1000).toFixed(1)} s after`]
      },
    }),
}

async function deleteAll(stage: Stage): Promise<Set<string>> {
  const pods = await allPods(stage)
  await stage.delete(...pods.map(({ name }) => name))
  return new Set(pods.map(({ uid }) => uid))
}

async function allPods(stage: Stage): Promise<{ name: string; uid: string }[]> {
  const components: readonly Component[] = ['ref', 'broker', 'proxy', 'server']
  const lists = await Promise.all(components.map((component) => stage.pods(component)))
  return lists.flat().map(({ metadata: { name, uid = '' } }) => ({ name, uid }))
}

/** Short: one server, and ref. */
const serverAndRef: Scenario = {
  name: 'a server, then ref, is deleted',
  says: 'delete a server’s pod, then ref’s',
  short: true,
  deadlineMs: DEADLINE_MS,
  run: (world: World) =>
    underLoad(world, {
      gapMaxMs: GAP_MS,
      async steps(stage) {
        await stage.replace('server', [stage.server(1)])
        await stage.settled()
        await stage.replace(
          'ref',
          (await stage.pods('ref')).map(({ metadata }) => metadata.name),
        )
        await stage.settled()
      },
    }),
}

export const deletions: Group = {
  title: 'Pods deleted, under load',
  scenarios: [
    serverAndRef,
    eachServer,
    replaced('two servers are deleted', 'delete the pods of two servers at once', 'server', 2),
    replaced('ref is deleted', 'delete ref’s pod', 'ref', 1),
    replaced('a broker is deleted', 'delete one of two brokers’ pods', 'broker', 1),
    replaced('both brokers are deleted', 'delete both brokers’ pods', 'broker', 2),
    replaced('a proxy is deleted', 'delete one of two proxies’ pods', 'proxy', 1),
    replaced('both proxies are deleted', 'delete both proxies’ pods', 'proxy', 2),
    operator,
    everything,
  ],
}
