import { KINDS } from '../../../src/operator/kinds.ts'
import { Stage } from './stage.ts'
import { World } from './world.ts'

export interface Outcome {
  readonly findings: readonly string[]
  readonly trace: readonly string[]
}

/** A cluster's life under everything at once: scaled, rolled, its pods lost, its operator killed, its API failing. */
export async function liveThrough(seed: number): Promise<Outcome> {
  const world = new World(seed)
  const servers = world.odds(0.2) ? { servers: { replicas: 1 } } : {}
  const security = { mode: world.odds(0.6) ? 'secured' : 'open' }
  const stage = new Stage(world, { ...servers, security })
  await stage.settle(120)
  const steps = 4 + Math.floor(world.between(0, 4))
  for (let step = 0; step < steps; step++) {
    stage.failing = world.odds(0.5) ? world.between(0, 0.2) : 0
    change(stage)
    const length = world.between(500, 40_000)
    const until = world.time.now + length
    while (world.time.now < until) {
      disturb(stage)
      await world.run(world.between(500, 8000))
    }
    if (world.odds(0.4)) {
      calm(stage)
      await stage.settle(900)
    }
  }
  calm(stage)
  await stage.settle(900)
  stage.checkData()
  await expectQuiet(stage)
  return { findings: world.findings, trace: world.trace }
}

function change(stage: Stage): void {
  const { world } = stage
  const image = world.pick(['example/recado:1', 'example/recado:2', 'example/recado:3', 'example/recado:bad'])
  if (world.odds(0.25) && stage.resource.spec.security.mode === 'secured')
    stage.rotate(String(world.time.now))
  if (world.odds(0.35)) stage.change({ image: { name: image } })
  else stage.scale(world.pick([1, 3, 3, 5, 5, 4, 2]) as number)
}

/** At most one server at a time: more than a minority away is not the operator's to mend. */
function disturb(stage: Stage): void {
  const { world, kubernetes } = stage
  if (world.odds(0.2)) {
    const pod = world.pick(kubernetes.pods('server'))
    if (pod !== undefined) {
      world.tell(`lost ${pod.metadata.name}`)
      kubernetes.kill(pod.metadata.name)
    }
  }
  if (world.odds(0.1)) {
    for (const pod of kubernetes.pods('ref')) {
      world.tell('ref lost')
      kubernetes.kill(pod.metadata.name)
    }
  }
  if (world.odds(0.12)) stage.restartOperator()
  if (world.odds(0.1)) stage.scale(world.pick([1, 3, 5]) as number)
  if (world.odds(0.05)) stage.server.remove(KINDS.service, 'chat-server')
}

function calm(stage: Stage): void {
  const { image } = stage.resource.spec
  stage.world.tell('calm')
  stage.failing = 0
  if (image.name.endsWith(':bad')) stage.change({ image: { name: 'example/recado:4' } })
}

async function expectQuiet(stage: Stage): Promise<void> {
  const { world } = stage
  stage.servers.load = false
  // Lags are written at most every ten seconds, and then no more.
  await world.run(30_000)
  stage.operator.api.writes = []
  await world.run(300_000)
  const { writes } = stage.operator.api
  world.expect(writes.length === 0, `a quiet cluster is written to: ${writes.slice(0, 5).join(', ')}`)
}
