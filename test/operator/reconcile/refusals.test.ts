import { describe, expect, it } from 'vitest'
import { KINDS } from '../../../src/operator/kinds.ts'
import { KubeError } from '../../../src/ports/index.ts'
import type { Json } from '../simulation/api-server.ts'
import { Stage } from '../simulation/stage.ts'
import { World } from '../simulation/world.ts'

const SECURED = { security: { mode: 'secured' } }
const QUOTA = new KubeError(403, 'Forbidden', 'exceeded quota: few, used: secrets=3, limited: secrets=3')
/** Minutes of a cluster's life; the rest is for a busy machine. */
const TIMEOUT_MS = 120_000

/** Refuses one write of the operator from now on; in which ms it was asked for. */
function refuse(stage: Stage, refused: string): readonly number[] {
  const asked: number[] = []
  stage.operator.api.refuse = (what) => {
    if (what !== refused) return undefined
    asked.push(stage.world.time.now)
    return QUOTA
  }
  return asked
}

function allow(stage: Stage): void {
  stage.operator.api.refuse = () => undefined
}

const degraded = (stage: Stage): Json =>
  stage.resource.status.conditions.find(({ type }: Json) => type === 'Degraded')

/** Runs until this holds, in steps of a tenth of a second; how many ms that took. */
async function until(stage: Stage, holds: () => boolean, seconds: number): Promise<number> {
  const begun = stage.world.time.now
  for (let step = 0; step < seconds * 10 && !holds(); step++) await stage.world.run(100)
  if (!holds()) throw new Error(`Not within ${seconds} s`)
  return stage.world.time.now - begun
}

describe('a write that the API server refuses', { timeout: TIMEOUT_MS }, () => {
  it.each([
    ['create Secret chat-keys', KINDS.secret],
    ['apply Secret chat-server-keys', KINDS.secret],
    ['apply Service chat-requests', KINDS.service],
  ])('is asked for ever more seldom, whatever happens meanwhile: %s', async (what, kind) => {
    const stage = new Stage(new World(11), SECURED)
    const asked = refuse(stage, what)
    await stage.world.run(60_000)
    expect(degraded(stage)).toMatchObject({ status: 'True', reason: 'ApiRefused' })
    // At first after half a second, then after twice as long each time.
    expect(asked.length).toBeGreaterThanOrEqual(6)
    expect(asked.length).toBeLessThanOrEqual(8)

    allow(stage)
    await until(stage, () => stage.server.get(kind, what.split(' ')[2] ?? '') !== undefined, 31)
    await until(stage, () => degraded(stage).status === 'False', 60)
    await stage.settle(60)
    expect(stage.world.findings).toEqual([])
  })

  it('is asked for each half minute at least, however long it was refused', async () => {
    const stage = new Stage(new World(11), SECURED)
    const asked = refuse(stage, 'create Secret chat-keys')
    await stage.world.run(600_000)
    const waits = asked.slice(1).map((at, index) => at - (asked[index] as number))

    expect(Math.max(...waits)).toBeLessThan(32_000)
  })

  it('is asked for at once when the resource has changed', async () => {
    const stage = new Stage(new World(11), SECURED)
    const asked = refuse(stage, 'apply Deployment chat-broker')
    await stage.world.run(20_000)
    const before = asked.length
    stage.change({ brokers: { replicas: 3 } })
    expect(await until(stage, () => asked.length > before, 30)).toBeLessThan(2000)
  })

  it('is nothing to other writes of the same cluster', async () => {
    const stage = new Stage(new World(11), SECURED)
    refuse(stage, 'apply Service chat-requests')
    await stage.settle(120)
    stage.server.remove(KINDS.service, 'chat-publications')
    const made = (): boolean => stage.server.get(KINDS.service, 'chat-publications') !== undefined
    expect(await until(stage, made, 30)).toBeLessThan(5000)
  })
})
