import { describe, expect, it } from 'vitest'
import { KINDS } from '../../../src/operator/kinds.ts'
import { filesOf } from '../../../src/operator/security/index.ts'
import type { Json } from '../simulation/api-server.ts'
import type { Stage } from '../simulation/stage.ts'
import {
  addUser,
  admitting,
  keyOf,
  READY_MS,
  ready,
  secretOf,
  settled,
  withAna,
} from '../support/user-stage.ts'

/** Minutes of a cluster's life; the rest is for a busy machine. */
const TIMEOUT_MS = 120_000

describe('the private channels of a user', { timeout: TIMEOUT_MS }, () => {
  const channelsOf = (stage: Stage, name = 'ana'): Json => {
    return stage.server.get(KINDS.messagingUser, name).status.channels
  }
  const join = (stage: Stage, name: string, ...channels: readonly string[]): void => {
    const { apiVersion, kind } = KINDS.messagingUser
    const former = stage.server.get(KINDS.messagingUser, name) ?? {}
    stage.server.put({
      apiVersion,
      kind,
      metadata: { name },
      ...former,
      spec: { cluster: 'chat', channels: [...channels] },
    })
  }
  const members = (stage: Stage, channel: string): readonly string[] => {
    return [...(stage.messaging.members.get(channel) ?? [])].toSorted()
  }

  it('are made by the first, who brings in the others; the status lists them', async () => {
    const stage = await settled()
    join(stage, 'ana', 'plans')
    join(stage, 'bob', 'plans', 'garden')
    await stage.world.run(READY_MS)
    expect([members(stage, 'plans'), members(stage, 'garden')]).toEqual([['ana', 'bob'], ['bob']])
    expect([channelsOf(stage), channelsOf(stage, 'bob')]).toEqual([['plans'], ['garden', 'plans']])
    expect([ready(stage), ready(stage, 'bob')]).toMatchObject([{ status: 'True' }, { status: 'True' }])
    expect(stage.messaging.open).toBe(0)
  })

  it.each([
    ['seen', 5000],
    ['unseen', 0],
  ])('are made again in a cluster that is made anew under its name, its absence %s', async (_, goneMs) => {
    const stage = await settled()
    join(stage, 'ana', 'plans')
    await stage.world.run(READY_MS)
    expect(ready(stage)).toMatchObject({ status: 'True' })
    const { apiVersion, kind, spec } = stage.resource
    stage.server.remove(KINDS.messagingCluster, 'chat')
    // Its servers' disks go with it.
    stage.messaging.secrets.clear()
    stage.messaging.members.clear()
    stage.messaging.asked.length = 0
    await stage.world.run(goneMs)
    stage.server.put({ apiVersion, kind, metadata: { name: 'chat' }, spec })
    await stage.world.run(4 * READY_MS)
    expect(stage.messaging.asked.slice(0, 2)).toEqual(['login ana', 'create plans'])
    expect(members(stage, 'plans')).toEqual(['ana'])
    expect(ready(stage)).toMatchObject({ status: 'True' })
  })

  it('are left when they are taken off the list, and others are not', async () => {
    const stage = await settled()
    join(stage, 'ana', 'plans', 'garden')
    await stage.world.run(READY_MS)
    stage.messaging.members.set('own', new Set(['ana']))
    join(stage, 'ana', 'garden')
    await stage.world.run(READY_MS)
    expect(['plans', 'garden', 'own'].map((channel) => members(stage, channel).length)).toEqual([0, 1, 1])
    expect(channelsOf(stage)).toEqual(['garden'])
    expect(ready(stage)).toMatchObject({ status: 'True' })
  })

  it('of others are not entered, which the condition says', async () => {
    const stage = await settled()
    stage.messaging.members.set('plans', new Set(['eve']))
    join(stage, 'ana', 'plans')
    await stage.world.run(READY_MS)
    expect(ready(stage)).toMatchObject({
      reason: 'ChannelsPending',
      message: 'The user is not yet in plans: ana is no member of plans',
    })
    stage.restartOperator()
    await stage.world.run(60_000)
    expect(ready(stage)).toMatchObject({ reason: 'ChannelsPending' })
    // What went wrong is asked for anew; nothing else is said meanwhile.
    expect(stage.operator.api.writes.length).toBeLessThanOrEqual(2)
    stage.messaging.members.get('plans')?.add('ana')
    await stage.world.run(120_000)
    expect(ready(stage)).toMatchObject({ status: 'True' })
  })

  it('wait for a cluster that is paused meanwhile: nobody is asked for anything', async () => {
    const stage = await settled()
    stage.messaging.isAway = true
    join(stage, 'ana', 'plans')
    await stage.world.run(READY_MS)
    stage.change({ paused: true })
    await stage.world.run(READY_MS)
    stage.messaging.isAway = false
    await stage.world.run(READY_MS)
    expect(stage.messaging.asked).toEqual([])
    stage.change({ paused: false })
    await stage.world.run(READY_MS)
    expect(ready(stage)).toMatchObject({ status: 'True' })
  })

  it('wait while nobody answers, and nobody else is kept waiting by that', async () => {
    const stage = await settled()
    stage.messaging.isAway = true
    join(stage, 'ana', 'plans')
    await stage.world.run(READY_MS)
    expect(ready(stage)).toMatchObject({
      reason: 'LoginPending',
      message: 'The user is not logged in yet: No broker answers',
    })
    expect(admitting(stage, keyOf(stage))).toBe('4 of 4')
    stage.messaging.isAway = false
    await stage.world.run(READY_MS)
    expect(ready(stage)).toMatchObject({ status: 'True' })
  })
})

describe('what the operator does as a client', { timeout: TIMEOUT_MS }, () => {
  it('ends at once when it leads no more, though nobody answers it', async () => {
    const stage = await settled()
    stage.messaging.isSilent = true
    addUser(stage)
    await stage.world.run(READY_MS)
    expect(stage.messaging.open).toBe(1)
    let isOver = false
    void stage.operator.stop().then(() => (isOver = true))
    stage.world.time.promises = true
    await stage.world.run(100)
    expect([isOver, stage.messaging.open]).toEqual([true, 0])
  })
})

describe('the name of a user', { timeout: TIMEOUT_MS }, () => {
  it('is made its own by a login with its secret before it is ready, once', async () => {
    const stage = await withAna()
    const secret = filesOf(secretOf(stage))['user.secret']?.trim()
    expect(stage.messaging.secrets.get('ana')).toBe(secret)
    stage.restartOperator()
    await stage.world.run(60_000)
    expect(stage.messaging.asked).toEqual(['login ana'])
  })

  it('that somebody else has is told of, and its guesses become few', async () => {
    const stage = await settled()
    stage.messaging.secrets.set('ana', 'of somebody else')
    addUser(stage)
    await stage.world.run(1_800_000)
    expect(ready(stage)).toMatchObject({
      reason: 'LoginPending',
      message: 'The user is not logged in yet: The secret is wrong',
    })
    expect(stage.messaging.asked.length).toBeLessThan(8)
  })

  it('stays so when the user changes its secret: the operator then leaves it in peace', async () => {
    const stage = await withAna()
    stage.messaging.secrets.set('ana', 'changed')
    stage.restartOperator()
    await stage.world.run(120_000)
    expect(stage.messaging.asked).toEqual(['login ana'])
    expect(ready(stage)).toMatchObject({ status: 'True' })
  })
})
