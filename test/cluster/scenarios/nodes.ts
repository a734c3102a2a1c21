import { until } from '../../support/load.ts'
import type { Group, Scenario, World } from '../scenario.ts'
import type { Machine } from '../support/machine.ts'
import { Stage } from '../support/stage.ts'
import { underLoad } from '../under-load.ts'
import { cutServersOff, machineOf } from './machine-faults.ts'

/** This machine's way to Services leads over it: so it is the one that stays. */
const GATEWAY = 'node-1'
const NODE_LOST_MS = 120_000
const DEADLINE_MS = 420_000

const drained: Scenario = {
  name: 'a node is drained',
  says: 'drain the node of a server; uncordon it',
  needs: ['machine'],
  deadlineMs: DEADLINE_MS,
  run: (world) =>
    underLoad(world, {
      gapMaxMs: 3000,
      async steps(stage) {
        const node = await nodeOfSome(stage)
        const options = ['--ignore-daemonsets', '--delete-emptydir-data', '--timeout=120s']
        const selector = `app.kubernetes.io/instance=${stage.name}`
        try {
          await world.kubernetes.command(
            'kubectl',
            ['drain', node, ...options, `--pod-selector=${selector}`],
            {
              timeoutMs: 130_000,
            },
          )
          // Its pods run elsewhere meanwhile: volumes go along on this cluster.
          await stage.settled(120_000)
        } finally {
          await world.kubernetes.kubectl('uncordon', node)
        }
        await stage.settled()
      },
    }),
}

const ended: Scenario = {
  name: 'a node ends and comes back',
  says: 'stop the kubelet and kill every container of a server’s node; after 75 s start the kubelet again',
  needs: ['machine'],
  deadlineMs: DEADLINE_MS,
  run: (world) =>
    underLoad(world, {
      restarts: true,
      async steps(stage) {
        const machine = machineOf(world)
        const node = await nodeOfSome(stage)
        world.tell(`ends ${node}`)
        try {
          await endNode(machine, node)
          await Stage.lasting(75)
        } finally {
          await bringBack(world, node)
        }
        await stage.settled(150_000)
      },
    }),
}

const refLost: Scenario = {
  name: 'ref’s node is lost for good',
  says: 'stop the kubelet and kill every container of ref’s node; wait until ref runs elsewhere and Degraded names the node; taint it as out of service',
  needs: ['machine'],
  deadlineMs: DEADLINE_MS,
  run: (world) =>
    underLoad(world, {
      restarts: true,
      async steps(stage, broken) {
        const node = await refElsewhere(world, stage)
        world.tell(`ends ${node}, where ref is`)
        const begun = performance.now()
        try {
          await endNode(machineOf(world), node)
          await refRunsBeside(stage, node)
          const movedMs = performance.now() - begun
          await degradedSays(stage, node, broken)
          const taint = 'node.kubernetes.io/out-of-service=nodeshutdown:NoExecute'
          await world.kubernetes.kubectl('taint', 'node', node, taint)
          await stage.settled(150_000)
          return [`ref ran elsewhere after ${Math.round(movedMs / 1000)} s`]
        } finally {
          await world.kubernetes
            .kubectl('taint', 'node', node, 'node.kubernetes.io/out-of-service-')
            .catch(() => '')
          await bringBack(world, node)
        }
      },
    }),
}

/** What a person is told to do: the pod, its node, and the command. */
async function degradedSays(stage: Stage, node: string, broken: string[]): Promise<void> {
  await until(NODE_LOST_MS, async () => {
    const { status, message = '' } = (await stage.condition('Degraded')) ?? {}
    const lacks = [node, `${stage.name}-server-`, 'out-of-service'].filter((text) => !message.includes(text))
    return (status === 'True' && lacks.length === 0) || `Degraded is ${status} and says: ${message}`
  }).catch((error: unknown) => broken.push(String(error)))
}

async function refRunsBeside(stage: Stage, node: string): Promise<void> {
  await until(NODE_LOST_MS, async () => {
    const pods = await stage.pods('ref')
    const places = pods.map(({ spec, status }) => [
      (spec as { nodeName?: string }).nodeName,
      (status as { phase?: string }).phase,
    ])
    return places.some(([on, phase]) => on !== node && phase === 'Running') || JSON.stringify(places)
  })
}

/** The node of ref, which is moved first when that is the one which must stay. */
async function refElsewhere(world: World, stage: Stage): Promise<string> {
  const { kubernetes } = world
  await kubernetes.kubectl('cordon', GATEWAY)
  try {
    const [ref] = await stage.pods('ref')
    const name = ref?.metadata.name ?? ''
    if ((await stage.placeOf(name)).node === GATEWAY) {
      await stage.replace('ref', [name])
      await stage.settled()
    }
    const [now] = await stage.pods('ref')
    return (await stage.placeOf(now?.metadata.name ?? '')).node
  } finally {
    await kubernetes.kubectl('uncordon', GATEWAY)
  }
}

const cutOff: Scenario = {
  name: 'servers are cut off from each other',
  says: 'drop every packet between servers for 30 s',
  needs: ['machine'],
  deadlineMs: DEADLINE_MS,
  run: (world) =>
    underLoad(world, {
      async steps(stage) {
        const heal = await cutServersOff(machineOf(world), stage)
        try {
          await Stage.lasting(30)
        } finally {
          await heal()
        }
        await stage.settled()
      },
    }),
}

/** Those who share the nodes with the operator go with them: it must act from another. */
async function endNode(machine: Machine, node: string): Promise<void> {
  await machine.stop(node.replace('node-', 'kubelet-'))
  await machine.killContainers(node)
}

async function bringBack({ machine, kubernetes }: World, node: string): Promise<void> {
  await machine?.start(node.replace('node-', 'kubelet-'))
  await kubernetes.kubectl('wait', 'node', node, '--for=condition=Ready', '--timeout=50s')
}

/** A server's node, other than the one that must stay. */
async function nodeOfSome(stage: Stage): Promise<string> {
  for (const server of await stage.serverNames()) {
    const { node } = await stage.placeOf(server)
    if (node !== GATEWAY) return node
  }
  throw new Error(`Every server is on ${GATEWAY}`)
}

export const nodes: Group = {
  title: 'Nodes and networks, under load',
  scenarios: [drained, ended, refLost, cutOff],
}
