import type { Heartbeat, Vector, Voters } from '../wire/index.ts'
import { covers, isMajority, join, vectorFromObject } from '../wire/index.ts'

/** Whether two lists are the same one. */
export function sameList(a: Voters | undefined, b: Voters): boolean {
  return (
    a !== undefined &&
    a.epoch === b.epoch &&
    sameNames(a.names, b.names) &&
    (a.next === undefined) === (b.next === undefined) &&
    sameNames(a.next ?? [], b.next ?? [])
  )
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((each) => b.includes(each))
}

/** The list of the highest epoch that servers report, if any has one. */
export function highestList(heartbeats: readonly Heartbeat[]): Voters | undefined {
  let highest: Voters | undefined
  for (const { voters } of heartbeats) {
    if (voters !== undefined && voters.epoch > (highest?.epoch ?? 0)) highest = voters
  }
  return highest
}

/** The names of those that have caught up. */
export function risen(live: readonly Heartbeat[]): string[] {
  return live.filter(({ state }) => state !== 'joining').map(({ name }) => name)
}

/** What any of these servers has on its disk. */
export function heldByAny(heartbeats: readonly Heartbeat[]): Vector {
  const held: Vector = new Map()
  for (const { durable } of heartbeats) join(held, vectorFromObject(durable ?? {}))
  return held
}

/** Whether a majority of `list` has `target` on disk, by what these servers say. */
export function majorityHolds(
  target: Vector,
  heartbeats: readonly Heartbeat[],
  list: readonly string[],
): boolean {
  const holders = heartbeats.filter(({ state, durable }) => {
    return state !== 'joining' && covers(vectorFromObject(durable ?? {}), target)
  })
  return isMajority(
    holders.map(({ name }) => name),
    list,
  )
}
