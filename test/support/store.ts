import type { Metrics } from '../../src/ports/index.ts'
import { openStore, type Store, type StoreEvents } from '../../src/store/index.ts'
import { quietLog, quietMetrics } from './quiet.ts'
import { VirtualDisk } from './virtual-disk.ts'
import { seededChance, VirtualTime } from './virtual-time.ts'

export interface TestStore {
  readonly store: Store
  readonly disk: VirtualDisk
  readonly world: VirtualTime
  /** What the store told its owner. */
  readonly told: string[]
}

/** A store on a virtual disk, in virtual time. */
export function openTestStore(
  disk = new VirtualDisk(),
  world = new VirtualTime(),
  metrics: Metrics = quietMetrics,
): TestStore {
  const time = world.process()
  const told: string[] = []
  const events: StoreEvents = {
    flushed: (changes) => told.push(`flushed ${JSON.stringify(Object.fromEntries(changes))}`),
    failed: (code) => told.push(`failed ${code}`),
    full: (full) => told.push(`full ${full}`),
    late: ({ clock }, count) => told.push(`late ${clock}, ${count}`),
  }
  const keyValue = disk.keyValue(time)
  const ports = {
    journal: disk.journal(time),
    chance: seededChance(1),
    time,
    timers: time,
    log: quietLog,
    metrics,
    events,
  }
  return { store: openStore({ ...ports, keyValue, files: disk.files() }), disk, world, told }
}
