import { describe, expect, it } from 'vitest'
import { KINDS } from '../../../src/operator/kinds.ts'
import type { Json } from '../simulation/api-server.ts'
import { Stage } from '../simulation/stage.ts'
import { World } from '../simulation/world.ts'

const SECURED = { security: { mode: 'secured' } }

/** A secured cluster that has settled and is quiet. */
async function settled(spec: Json = {}, seed = 11): Promise<Stage> {
  const stage = new Stage(new World(seed), { ...SECURED, ...spec })
  stage.servers.load = false
  await stage.settle(120)
  await stage.world.run(20_000)
  stage.operator.api.writes = []
  return stage
}

/** Minutes of a cluster's life; the rest is for a busy machine. */
const TIMEOUT_MS = 120_000

describe('the keys of a cluster', { timeout: TIMEOUT_MS }, () => {
  it('come up, and a quiet cluster is left alone', async () => {
    const stage = await settled()
    expect(stage.world.findings).toEqual([])
    await stage.world.run(300_000)
    expect(stage.operator.api.writes).toEqual([])
    expect(stage.server.get(KINDS.secret, 'chat-keys')).toBeDefined()
    expect(stage.resource.status.keys).toEqual({ generation: 1 })
  })
})
