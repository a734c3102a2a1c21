import { describe, expect, it } from 'vitest'
import { parseCertificate } from '../../../src/keys/index.ts'
import { KINDS } from '../../../src/operator/kinds.ts'
import { filesOf, userSecret } from '../../../src/operator/security/index.ts'
import { parseKeyring } from '../../../src/operator/security/text.ts'
import { KubeError } from '../../../src/ports/index.ts'
import type { Json } from '../simulation/api-server.ts'
import { keysIn } from '../simulation/mounts.ts'
import type { Stage } from '../simulation/stage.ts'
import {
  addUser,
  admitting,
  KNOWN_MS,
  keyOf,
  READY_MS,
  ready,
  SECRET,
  secretOf,
  settled,
  withAna,
} from '../support/user-stage.ts'

const isTouched = (stage: Stage): boolean => {
  return stage.operator.api.writes.some((what) => what.endsWith(`Secret ${SECRET}`))
}

/** Minutes of a cluster's life; the rest is for a busy machine. */
const TIMEOUT_MS = 120_000

describe('a user of a secured cluster', { timeout: TIMEOUT_MS }, () => {
  it('gets a Secret that is a whole folder of a client’s keys, and is ready once all let it in', async () => {
    const stage = await withAna()
    const files = filesOf(secretOf(stage))
    expect(Object.keys(files).toSorted()).toEqual([
      'front.keys',
      'own.key_secret',
      'publications',
      'requests',
      'user.secret',
    ])
    const keyring = parseKeyring(filesOf(secretOf(stage, 'chat-keys')))
    expect(files['user.secret']).toBe(`${userSecret(keyring, 'ana')}\n`)
    expect(keysIn(files, 'front.keys')).toEqual([keyring.pairs.front.publicKey])
    expect(files['requests']).toBe('tcp://chat-requests.talk.svc:5555')
    expect(secretOf(stage)).toMatchObject({
      type: 'recado.dev/user',
      metadata: { ownerReferences: [{ kind: 'MessagingUser', name: 'ana', controller: true }] },
    })
    expect(admitting(stage, keyOf(stage))).toBe('4 of 4')
    expect(ready(stage)).toMatchObject({ status: 'True', reason: 'Ready' })
    expect(stage.server.get(KINDS.messagingUser, 'ana').status).toMatchObject({
      observedGeneration: 1,
      secretName: SECRET,
      endpoints: { requests: 'tcp://chat-requests.talk.svc:5555' },
    })
  })

  it('is not ready while a proxy has not read its key, which the condition names', async () => {
    const stage = await settled()
    const [proxy] = stage.kubernetes.pods('proxy')
    stage.kubernetes.mounts.deaf.add(proxy.metadata.name)
    addUser(stage)
    await stage.world.run(KNOWN_MS)
    expect(ready(stage)).toMatchObject({ status: 'False', reason: 'KeyPending' })
    expect(ready(stage).message).toContain(proxy.metadata.name)
    stage.kubernetes.mounts.deaf.clear()
    await stage.world.run(READY_MS)
    expect(ready(stage)).toMatchObject({ status: 'True' })
  })

  it('is left alone from then on, by a new operator too, and stays ready when others come', async () => {
    const stage = await withAna()
    await stage.world.run(20_000)
    stage.operator.api.writes = []
    await stage.world.run(120_000)
    stage.restartOperator()
    await stage.world.run(60_000)
    expect(stage.operator.term).toBe(2)
    expect(stage.operator.api.writes).toEqual([])
    const before = ready(stage)
    addUser(stage, 'bob')
    await stage.world.run(READY_MS)
    expect(ready(stage, 'bob')).toMatchObject({ status: 'True' })
    expect(ready(stage)).toEqual(before)
    expect(isTouched(stage)).toBe(false)
  })

  it('is let in nowhere ten seconds after it was deleted', async () => {
    const stage = await withAna()
    const key = keyOf(stage)
    stage.server.remove(KINDS.messagingUser, 'ana')
    await stage.world.run(KNOWN_MS)
    expect(admitting(stage, key)).toBe('0 of 4')
  })

  it('nor while its deletion waits for something', async () => {
    const stage = await withAna()
    stage.server.change(KINDS.messagingUser, 'ana', (each) => ({
      ...each,
      metadata: { ...each.metadata, deletionTimestamp: stage.server.now() },
    }))
    await stage.world.run(KNOWN_MS)
    expect(admitting(stage, keyOf(stage))).toBe('0 of 4')
  })

  it('gets a new pair when its Secret is deleted, and the old one is let in nowhere', async () => {
    const stage = await withAna()
    const [former, secret] = [keyOf(stage), filesOf(secretOf(stage))['user.secret']]
    stage.server.remove(KINDS.secret, SECRET)
    await stage.world.run(KNOWN_MS)
    const key = keyOf(stage)
    expect(key).not.toBe(former)
    expect(admitting(stage, former)).toBe('0 of 4')
    await stage.world.run(READY_MS)
    expect(admitting(stage, key)).toBe('4 of 4')
    expect(ready(stage)).toMatchObject({ status: 'True' })
    expect(filesOf(secretOf(stage))['user.secret']).toBe(secret)
    expect(stage.operator.events.filter((event) => event.startsWith('UserKeyMade'))).toHaveLength(2)
  })

  it('has what somebody changed in its Secret put back, and a pair that cannot be read replaced', async () => {
    const stage = await withAna()
    const [data, key] = [secretOf(stage).data, keyOf(stage)]
    const change = (part: Json): void => {
      stage.server.change(KINDS.secret, SECRET, (each) => ({ ...each, data: { ...each.data, ...part } }))
    }
    change({ 'front.keys': '', own: 'eA==' })
    await stage.world.run(KNOWN_MS)
    expect(secretOf(stage).data).toEqual({ ...data, own: 'eA==' })
    change({ 'own.key_secret': '' })
    await stage.world.run(KNOWN_MS)
    expect(keyOf(stage)).not.toBe(key)
    expect([admitting(stage, key), admitting(stage, keyOf(stage))]).toEqual(['0 of 4', '4 of 4'])
  })

  it('reads the new key of the clients’ ports long before those prove it, and keeps its own pair', async () => {
    const stage = await withAna()
    const key = keyOf(stage)
    stage.server.change(KINDS.messagingCluster, 'chat', (each) => ({
      ...each,
      metadata: { ...each.metadata, annotations: { 'recado.dev/rotate-keys': 'now' } },
    }))
    await stage.world.run(30_000)
    expect(keysIn(filesOf(secretOf(stage)), 'front.keys')).toHaveLength(2)
    await stage.world.run(240_000)
    const { pairs } = parseKeyring(filesOf(secretOf(stage, 'chat-keys')))
    expect(stage.resource.status.keys.rotated).toBe('now')
    expect(keysIn(filesOf(secretOf(stage)), 'front.keys')).toEqual([pairs.front.publicKey])
    expect(keyOf(stage)).toBe(key)
    expect(ready(stage)).toMatchObject({ status: 'True' })
  })

  it('has its name listed where only listed users exist, until it is deleted', async () => {
    const stage = await withAna({ security: { mode: 'secured', users: 'listed' } })
    const names = (): string => filesOf(secretOf(stage, 'chat-server-keys'))['users.list'] ?? ''
    expect(names().split('\n')).toContain('ana')
    stage.server.remove(KINDS.messagingUser, 'ana')
    await stage.world.run(KNOWN_MS)
    expect(names().split('\n')).not.toContain('ana')
  })

  it('waits for a paused cluster, which only says so', async () => {
    const stage = await settled()
    stage.change({ paused: true })
    await stage.world.run(KNOWN_MS)
    stage.operator.api.writes = []
    addUser(stage)
    await stage.world.run(KNOWN_MS)
    expect(ready(stage)).toMatchObject({ reason: 'KeyPending', message: expect.stringContaining('paused') })
    expect(stage.operator.api.writes.filter((what) => !what.startsWith('status'))).toEqual([])
    stage.change({ paused: false })
    await stage.world.run(READY_MS)
    expect(ready(stage)).toMatchObject({ status: 'True' })
  })

  it('stands alone with what the API server refuses: others get their keys', async () => {
    const stage = await settled()
    const refused = new KubeError(403, 'Forbidden', 'exceeded quota')
    stage.operator.api.refuse = (what) => (what === `create Secret ${SECRET}` ? refused : undefined)
    addUser(stage)
    addUser(stage, 'bob')
    await stage.world.run(READY_MS)
    expect(ready(stage)).toMatchObject({ reason: 'ApiRefused', message: 'exceeded quota' })
    expect(ready(stage, 'bob')).toMatchObject({ status: 'True' })
    stage.operator.api.refuse = () => undefined
    await stage.world.run(READY_MS)
    expect(ready(stage)).toMatchObject({ status: 'True' })
  })

  it('gets its keys, and loses them, through an API server that fails now and then', async () => {
    const stage = await settled()
    stage.failing = 0.2
    for (const name of ['ana', 'bob', 'cara']) addUser(stage, name)
    await stage.world.run(120_000)
    const key = keyOf(stage)
    stage.server.remove(KINDS.messagingUser, 'ana')
    await stage.world.run(60_000)
    expect(admitting(stage, key)).toBe('0 of 4')
    expect(admitting(stage, keyOf(stage, 'chat-user-bob'))).toBe('4 of 4')
    stage.failing = 0
    await stage.world.run(30_000)
    expect(ready(stage, 'cara')).toMatchObject({ status: 'True' })
    expect(stage.world.findings).toEqual([])
  })

  it('shows no secret in its status, in the cluster’s, or in any Event', async () => {
    const stage = await withAna()
    const files = filesOf(secretOf(stage))
    const secrets = [
      parseCertificate(files['own.key_secret'] ?? '')?.secretKey ?? '',
      files['user.secret']?.trim() ?? '',
    ]
    const { status } = stage.server.get(KINDS.messagingUser, 'ana')
    const said = JSON.stringify([status, stage.resource.status, stage.operator.events])
    expect(secrets.map((secret) => secret.length)).toEqual([40, 40])
    expect(secrets.filter((secret) => said.includes(secret))).toEqual([])
  })
})

describe('a Secret of the name that a user’s would have', { timeout: TIMEOUT_MS }, () => {
  const put = (stage: Stage, metadata: Json): void => {
    stage.server.put({ apiVersion: 'v1', kind: 'Secret', metadata: { name: SECRET, ...metadata }, data: {} })
  }

  it('is left alone when it is somebody else’s, and the user is told', async () => {
    const stage = await settled()
    put(stage, {})
    addUser(stage)
    await stage.world.run(KNOWN_MS)
    expect(secretOf(stage).data).toEqual({})
    expect(ready(stage)).toMatchObject({ status: 'False', reason: 'SecretTaken' })
    stage.server.remove(KINDS.secret, SECRET)
    await stage.world.run(60_000)
    expect(ready(stage)).toMatchObject({ status: 'True' })
  })

  it('that belongs to a former user of the name gives that one’s key to nobody', async () => {
    const stage = await withAna()
    const former = keyOf(stage)
    stage.server.remove(KINDS.messagingUser, 'ana')
    addUser(stage)
    await stage.world.run(KNOWN_MS)
    expect(admitting(stage, former)).toBe('0 of 4')
    expect(ready(stage)).toMatchObject({ status: 'False', reason: 'KeyPending' })
    stage.server.remove(KINDS.secret, SECRET)
    await stage.world.run(READY_MS)
    expect(ready(stage)).toMatchObject({ status: 'True' })
    expect(keyOf(stage)).not.toBe(former)
  })
})

describe('a user without a secured cluster', { timeout: TIMEOUT_MS }, () => {
  it('of an open one is told that it needs no keys', async () => {
    const stage = await withAna({ security: { mode: 'open' } })
    expect(ready(stage)).toMatchObject({ status: 'False', reason: 'ClusterOpen' })
    expect(stage.server.get(KINDS.messagingUser, 'ana').status.endpoints).toBeDefined()
    expect(secretOf(stage)).toBeUndefined()
  })

  it('is told while the cluster is not there, and gets its keys when it comes', async () => {
    const stage = await settled()
    const { apiVersion, kind, spec } = stage.resource
    stage.server.remove(KINDS.messagingCluster, 'chat')
    addUser(stage)
    await stage.world.run(KNOWN_MS)
    expect(ready(stage)).toMatchObject({ status: 'False', reason: 'ClusterNotFound' })
    stage.server.put({ apiVersion, kind, metadata: { name: 'chat' }, spec })
    await stage.world.run(30_000)
    expect(ready(stage)).toMatchObject({ status: 'True' })
  })

  it('of another cluster is not this one’s', async () => {
    const stage = await settled()
    addUser(stage, 'ana', 'other')
    await stage.world.run(KNOWN_MS)
    expect(stage.operator.api.writes).toEqual([])
  })
})
