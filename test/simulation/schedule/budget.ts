import { covers } from '../../../src/wire/index.ts'
import type { Stage } from '../stage.ts'

/**
 * Whether one more disk may be lost now, so that what is promised still holds: an operation acknowledged at a majority
 * is lost only when a majority of the voters lose their disks. A lost disk counts as such until its server has caught
 * up and holds again all that it held.
 */
export function mayLoseDisk(stage: Stage, name: string): boolean {
  const { witness } = stage.cluster
  const lost = new Set([name])
  for (const [each, { holds, losses }] of witness.disks) {
    const spent = losses.some(({ held }) => !covers(holds, held))
    const server = stage.cluster.server(each)
    if (losses.length > 0 && (spent || server === undefined || server.state !== 'up')) lost.add(each)
  }
  // Whatever was acknowledged under a former list is on a majority of the newest one that anybody has.
  const newest = witness.lists.toSorted((one, other) => other.epoch - one.epoch)[0]
  const lists = [stage.wanted, newest?.names ?? [], newest?.next ?? []].filter(({ length }) => length > 0)
  return lists.every((names) => {
    return (
      names.filter((each) => lost.has(each)).length <= names.length / 2 &&
      (names.length > 1 || !lost.has(names[0] as string))
    )
  })
}
