import { expect, it } from 'vitest'
import { Refusals } from '../../src/roles/refusals.ts'
import { keptLog } from '../support/kept-log.ts'
import { VirtualTime } from '../support/virtual-time.ts'

it('Refusals tells of each code once a minute at most, and forgets what holds no longer', () => {
  const world = new VirtualTime()
  const log = keptLog()
  const refusals = new Refusals({ log, time: world.process() })
  for (let second = 0; second < 90; second++) {
    refusals.refused('denied', 'Check REF and CLUSTER')
    world.run(1000)
  }
  refusals.refused('unavailable', 'Ref cannot write')

  expect(log.lines.map(({ level, message, fields }) => [level, fields['code'], message])).toEqual([
    ['warn', 'denied', 'Ref refuses this server: Check REF and CLUSTER'],
    ['warn', 'denied', 'Ref refuses this server: Check REF and CLUSTER'],
    ['warn', 'unavailable', 'Ref refuses this server: Ref cannot write'],
  ])
  expect(refusals.addedTo('Waiting')).toBe('Waiting; ref refuses this server: Ref cannot write')
  refusals.accepted()
  expect(refusals.addedTo('Waiting')).toBe('Waiting')
})
