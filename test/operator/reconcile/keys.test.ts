import { describe, expect, it } from 'vitest'
import { KINDS } from '../../../src/operator/kinds.ts'
import {
  beginRotation,
  filesOf,
  parseKeyring,
  renderKeyring,
  secretData,
} from '../../../src/operator/security/index.ts'
import { KubeError } from '../../../src/ports/index.ts'
import type { Json } from '../simulation/api-server.ts'
import { Stage } from '../simulation/stage.ts'
import { World } from '../simulation/world.ts'
import { testKeyMaker } from '../support/key-maker.ts'

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

const keyringOf = (stage: Stage) => parseKeyring(filesOf(stage.server.get(KINDS.secret, 'chat-keys')))
const stepOf = (stage: Stage) => keyringOf(stage).state.rotation?.step ?? 0
const condition = (stage: Stage, type: string): Json => {
  return stage.resource.status.conditions.find((each: Json) => each.type === type)
}
const generations = (stage: Stage): (number | undefined)[] =>
  ['server', 'broker', 'proxy', 'ref']
    .flatMap((component) => stage.kubernetes.pods(component))
    .map(({ metadata }) => stage.kubernetes.mounts.generation(metadata.uid))

/** Runs until this holds, in steps of a tenth of a second. */
async function until(stage: Stage, holds: () => boolean, seconds: number): Promise<void> {
  for (let step = 0; step < seconds * 10 && !holds(); step++) await stage.world.run(100)
  if (!holds()) throw new Error(`Not within ${seconds} s`)
}

/** Minutes of a cluster's life; the rest is for a busy machine. */
const TIMEOUT_MS = 120_000

describe('the keys of a cluster', { timeout: TIMEOUT_MS }, () => {
  it('are made once, and a quiet cluster is left alone, by a new operator too', async () => {
    const stage = await settled()
    const made = stage.server.get(KINDS.secret, 'chat-keys').metadata.uid
    await stage.world.run(300_000)
    stage.restartOperator()
    await stage.world.run(120_000)
    expect(stage.operator.term).toBe(2)
    expect(stage.operator.api.writes).toEqual([])
    expect(stage.server.get(KINDS.secret, 'chat-keys').metadata.uid).toBe(made)
    expect(stage.resource.status.keys).toEqual({ generation: 1 })
    expect(stage.world.findings).toEqual([])
  })

  it('that stayed with the volumes are taken up by a cluster that is made again', async () => {
    const stage = await settled()
    const before = keyringOf(stage)
    for (const component of ['server', 'broker', 'proxy', 'ref', 'client'])
      stage.server.remove(KINDS.secret, `chat-${component}-keys`)
    stage.restartOperator()
    await stage.world.run(60_000)
    expect(keyringOf(stage)).toEqual(before)
    expect(stage.server.get(KINDS.secret, 'chat-server-keys')).toBeDefined()
  })

  it('are put back by an operator that knows them', async () => {
    const stage = await settled()
    const before = keyringOf(stage)
    stage.server.remove(KINDS.secret, 'chat-keys')
    await stage.world.run(15_000)
    expect(keyringOf(stage)).toEqual(before)
  })

  it('are never replaced by new ones when they are lost: what runs goes on, and the status says what to do', async () => {
    const stage = await settled()
    stage.operator.kill()
    stage.server.remove(KINDS.secret, 'chat-keys')
    const before = generations(stage)
    stage.restartOperator()
    await stage.world.run(60_000)
    expect(stage.server.get(KINDS.secret, 'chat-keys')).toBeUndefined()
    expect(condition(stage, 'Degraded')).toMatchObject({ status: 'True', reason: 'KeysLost' })
    expect(generations(stage)).toEqual(before)
    stage.server.remove(KINDS.secret, 'chat-server-keys')
    await stage.world.run(30_000)
    expect(stage.server.get(KINDS.secret, 'chat-keys')).toBeDefined()
  })

  it('that cannot be read are left alone, and the status names the file', async () => {
    const stage = await settled()
    stage.server.change(KINDS.secret, 'chat-keys', (each) => ({
      ...each,
      data: { ...each.data, 'state.json': 'e30=' },
    }))
    const spoilt = stage.server.get(KINDS.secret, 'chat-keys')
    stage.restartOperator()
    await stage.world.run(60_000)
    expect(stage.server.get(KINDS.secret, 'chat-keys')).toEqual(spoilt)
    expect(condition(stage, 'Degraded')).toMatchObject({
      reason: 'KeysUnreadable',
      message: expect.stringContaining('state.json'),
    })
    expect(stage.server.get(KINDS.secret, 'chat-server-keys')).toBeDefined()
  })

  it('of another cluster of a like name are left alone', async () => {
    const stage = new Stage(new World(11), SECURED)
    stage.server.put({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'chat-server-keys', labels: { 'app.kubernetes.io/instance': 'chat-server' } },
      data: {},
    })
    await stage.world.run(30_000)
    expect(stage.server.get(KINDS.secret, 'chat-server-keys').data).toEqual({})
    expect(condition(stage, 'Degraded')).toMatchObject({
      reason: 'ApiRefused',
      message: expect.stringContaining('not this cluster’s'),
    })
  })

  it('are not changed while the cluster is paused', async () => {
    const stage = await settled()
    stage.change({ paused: true })
    stage.rotate('monday')
    await stage.world.run(60_000)
    expect(keyringOf(stage).state.rotation).toBeNull()
    stage.change({ paused: false })
    await until(stage, () => stepOf(stage) === 1, 30)
    expect(stage.world.findings).toEqual([])
  })

  it('are in no event, status, log or error of the operator', async () => {
    const stage = await settled({ clients: { replicas: 1 } })
    stage.failing = 0.1
    stage.rotate('monday')
    await stage.settle(600)
    stage.failing = 0
    stage.rotate('tuesday')
    await until(stage, () => stepOf(stage) === 1, 60)
    const keyring = keyringOf(stage)
    const secrets = [
      ...Object.values({ ...keyring.pairs }).map(({ secretKey }) => secretKey),
      ...Object.values(keyring.next ?? {}).map(({ secretKey }) => secretKey),
      ...keyring.cluster.map(({ key }) => key),
      keyring.master,
    ]
    const spoken = (_: string, each: unknown): unknown => (each instanceof Error ? `${each.stack}` : each)
    const said = JSON.stringify(
      [
        stage.resource,
        stage.operator.events,
        stage.operator.log.lines,
        stage.world.trace,
        stage.operator.api.writes,
      ],
      spoken,
    )
    expect(stage.operator.log.lines.length).toBeGreaterThan(0)
    expect(secrets.filter((secret) => said.includes(JSON.stringify(secret).slice(1, -1)))).toEqual([])
  })
})

describe('a change of the keys', { timeout: TIMEOUT_MS }, () => {
  it('is read by all within ten seconds: pods are nudged until they say so', async () => {
    const stage = await settled()
    stage.rotate('monday')
    await until(stage, () => stepOf(stage) === 1, 10)
    await until(stage, () => generations(stage).every((each) => each === 2), 10)
    const nudges = stage.operator.api.writes.filter((what) => what.startsWith('merge Pod'))
    expect(nudges.length).toBeGreaterThanOrEqual(generations(stage).length)
    expect(stage.world.findings).toEqual([])
  })

  it('asks automatic clients too, which tell nobody what they have read', async () => {
    const stage = await settled({ clients: { replicas: 2 } })
    stage.rotate('monday')
    await until(stage, () => stepOf(stage) === 1, 10)
    await stage.world.run(15_000)
    const names = stage.kubernetes.pods('client').map(({ metadata }) => metadata.name)
    for (const name of names) expect(stage.operator.api.writes).toContain(`merge Pod ${name}`)
  })

  it('that a pod does not read is told after a minute, and the pod is asked seldom then', async () => {
    const stage = await settled()
    stage.kubernetes.mounts.deaf.add('chat-server-1')
    stage.rotate('monday')
    await until(stage, () => stepOf(stage) === 1, 10)
    await stage.world.run(300_000)
    expect(condition(stage, 'Degraded')).toMatchObject({
      reason: 'KeysNotRead',
      message: expect.stringContaining('chat-server-1'),
    })
    const nudges = stage.operator.api.writes.filter((what) => what === 'merge Pod chat-server-1')
    expect(nudges.length).toBeGreaterThan(8)
    expect(nudges.length).toBeLessThan(25)
  })
})

describe('a rotation of all keys', { timeout: TIMEOUT_MS }, () => {
  it('replaces every key while nobody is shut out, and says whom it waits for', async () => {
    const stage = await settled()
    const before = keyringOf(stage)
    stage.rotate('monday')
    await until(stage, () => stepOf(stage) === 1, 10)
    await stage.world.run(60_000)
    expect(stepOf(stage)).toBe(1)
    expect(condition(stage, 'Progressing')).toMatchObject({ status: 'True', reason: 'RotatingKeys' })
    await stage.settle(600)
    const after = keyringOf(stage)
    const former = new Set(Object.values(before.pairs).map(({ secretKey }) => secretKey))
    expect(Object.values(after.pairs).filter(({ secretKey }) => former.has(secretKey))).toEqual([])
    expect(stage.resource.status.keys).toEqual({
      generation: 4,
      rotated: 'monday',
      rotatedAt: expect.stringMatching(/^\d{4}-/),
    })
    const told = stage.operator.events.map((event) => event.split(':')[0])
    expect(told.filter((event) => event?.startsWith('Keys'))).toEqual([
      'KeysMade',
      'KeysRotating',
      'KeysRotated',
    ])
    expect(stage.world.findings).toEqual([])
  })

  it('is not begun again for what was handled, nor by an operator that comes new', async () => {
    const stage = await settled()
    stage.rotate('monday')
    await until(stage, () => stepOf(stage) === 1, 10)
    await stage.settle(600)
    stage.operator.api.writes = []
    stage.restartOperator()
    await stage.world.run(120_000)
    expect(stage.operator.api.writes).toEqual([])
    expect(keyringOf(stage).state.generation).toBe(4)
  })

  it('waits for a pod that never reads, and says so', async () => {
    const stage = await settled()
    stage.kubernetes.mounts.deaf.add('chat-server-1')
    stage.rotate('monday')
    await stage.world.run(400_000)
    expect(stepOf(stage)).toBe(1)
    expect(condition(stage, 'Progressing')).toMatchObject({
      status: 'True',
      reason: 'RotatingKeys',
      message: expect.stringContaining('chat-server-1'),
    })
    expect(stage.resource.status.keys.rotation).toContain('chat-server-1')
    stage.kubernetes.mounts.deaf.clear()
    await stage.settle(600)
    expect(stage.world.findings).toEqual([])
  })

  it('gives clients two minutes before the clients’ ports prove another key', async () => {
    const stage = await settled()
    stage.rotate('monday')
    await until(stage, () => stepOf(stage) === 1, 10)
    const begun = stage.world.time.now
    await until(stage, () => stepOf(stage) === 2, 300)
    expect(stage.world.time.now - begun).toBeGreaterThanOrEqual(120_000)
  })

  // What an operator knows is in the Secret: wherever it dies, the next one goes on.
  it.each([1, 2, 3])('goes on after the operator died at step %d', async (step) => {
    const stage = await settled()
    stage.rotate('monday')
    await until(stage, () => stepOf(stage) === step, 400)
    stage.restartOperator()
    await stage.world.run(20_000)
    await stage.settle(600)
    expect(keyringOf(stage).state).toMatchObject({ generation: 4, rotation: null, rotated: 'monday' })
    expect(stage.world.findings).toEqual([])
  })

  it.each(Array.from({ length: 12 }, (_, index) => index))(
    'goes on when the operator died %d writes after it began, whether the last was done or not',
    async (count) => {
      const stage = await settled({}, 20 + count)
      stage.rotate('monday')
      await until(stage, () => stage.operator.api.writes.length > count, 300)
      stage.restartOperator()
      await stage.world.run(20_000)
      await stage.settle(600)
      expect(keyringOf(stage).state).toMatchObject({ rotation: null, rotated: 'monday' })
      expect(stage.world.findings).toEqual([])
    },
  )

  it('undoes nothing of another writer: of two who begin, the one who wrote first is gone on from', async () => {
    const stage = await settled()
    const another = beginRotation(keyringOf(stage), 'monday', testKeyMaker(1000))
    let hasMeddled = false
    stage.operator.api.refuse = (what) => {
      if (what !== 'merge Secret chat-keys' || hasMeddled) return undefined
      hasMeddled = true
      stage.server.change(KINDS.secret, 'chat-keys', (each) => ({
        ...each,
        data: secretData(renderKeyring(another)),
      }))
      return undefined
    }
    stage.rotate('monday')
    await stage.world.run(10_000)
    await stage.settle(600)
    expect(hasMeddled).toBe(true)
    expect(keyringOf(stage).pairs).toEqual(another.next)
    expect(keyringOf(stage).state).toMatchObject({ generation: 4, rotated: 'monday' })
    expect(stage.world.findings).toEqual([])
  })

  it('stands still while the Secret may not be written, with the API server’s words', async () => {
    const stage = await settled()
    stage.operator.api.refuse = (what) =>
      what === 'merge Secret chat-keys' ? new KubeError(403, 'Forbidden', 'no quota') : undefined
    stage.rotate('monday')
    await stage.world.run(30_000)
    expect(condition(stage, 'Degraded')).toMatchObject({ reason: 'ApiRefused', message: 'Keys: no quota' })
    stage.operator.api.refuse = () => undefined
    await stage.settle(600)
    expect(keyringOf(stage).state.rotated).toBe('monday')
  })

  it('ends, and the next is begun, when the annotation changes meanwhile', async () => {
    const stage = await settled()
    stage.rotate('monday')
    await until(stage, () => stepOf(stage) === 2, 300)
    stage.rotate('tuesday')
    await until(stage, () => keyringOf(stage).state.rotated === 'monday', 300)
    await until(stage, () => keyringOf(stage).state.rotated === 'tuesday', 600)
    expect(keyringOf(stage).state.generation).toBe(7)
    expect(stage.world.findings).toEqual([])
  })

  it('goes on while servers are rolled and scaled', async () => {
    const stage = await settled()
    stage.rotate('monday')
    await until(stage, () => stepOf(stage) === 1, 10)
    stage.change({ image: { name: 'example/recado:2' } })
    await stage.world.run(30_000)
    stage.scale(5)
    await stage.world.run(20_000)
    await stage.settle(900)
    expect(keyringOf(stage).state.rotated).toBe('monday')
    expect(stage.world.findings).toEqual([])
  })
})
