import { describe, expect, it } from 'vitest'
import { ObjectCache } from '../../../src/operator/kube/cache.ts'
import { Requests } from '../../../src/operator/kube/requests.ts'
import { Watches } from '../../../src/operator/kube/watches.ts'
import { OPTIONAL } from '../../../src/operator/watched.ts'
import { answered, FakeApiServer, refused } from '../../support/fake-api-server.ts'
import { keptLog } from '../../support/kept-log.ts'
import { quietMetrics } from '../../support/quiet.ts'
import { seededChance, VirtualTime } from '../../support/virtual-time.ts'

const RESYNC_MS = 10_000

describe('watches', () => {
  it('say aloud that they cannot ask for the optional kinds, once for each way in which that is refused', async () => {
    const virtual = new VirtualTime()
    const time = virtual.process()
    const server = new FakeApiServer(virtual)
    const log = keptLog()
    const watches = new Watches({
      requests: new Requests(server, quietMetrics),
      cache: new ObjectCache(),
      time,
      timers: time,
      chance: seededChance(1),
      log,
      metrics: quietMetrics,
      namespaces: [],
      watched: [],
      optional: OPTIONAL,
      resyncMs: RESYNC_MS,
      changed: () => {},
      healthChanged: () => {},
      servedChanged: () => {},
    })
    const look = async (): Promise<void> => {
      await virtual.advance(RESYNC_MS)
      await virtual.drain()
    }
    const refuse = (status: number): void => {
      server.intercept = () => refused(status, 'Refused', 'No')
    }
    const warned = (): unknown[] =>
      log.lines.filter(({ level }) => level === 'warn').map(({ fields }) => fields['status'])
    refuse(403)
    watches.start()
    await look()
    await look()
    expect(warned()).toEqual([403])
    refuse(401)
    await look()
    await look()
    expect(warned()).toEqual([403, 401])
    server.intercept = () => answered({ resources: [] })
    await look()
    refuse(401)
    await look()
    watches.stop()

    expect(warned()).toEqual([403, 401, 401])
    expect(server.requests).toHaveLength(6)
  })
})
