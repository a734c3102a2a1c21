import type { StreamKey } from './operation.ts'

/** A version vector: for each stream, the last `seq` of its unbroken beginning that is held (Parker et al., 1983). */
export type Vector = Map<StreamKey, number>
export type ReadonlyVector = ReadonlyMap<StreamKey, number>

/** Whether `a` holds all that `b` holds. */
export function covers(a: ReadonlyVector, b: ReadonlyVector): boolean {
  for (const [stream, seq] of b) if ((a.get(stream) ?? 0) < seq) return false
  return true
}

/** Raises `into` to what either holds. */
export function join(into: Vector, other: ReadonlyVector): Vector {
  for (const [stream, seq] of other) if ((into.get(stream) ?? 0) < seq) into.set(stream, seq)
  return into
}

/** The vector as a map for the wire, streams sorted. */
export function vectorToObject(vector: ReadonlyVector): Record<StreamKey, number> {
  const object: Record<StreamKey, number> = {}
  for (const stream of [...vector.keys()].toSorted()) object[stream] = vector.get(stream) as number
  return object
}

export function vectorFromObject(object: Readonly<Record<StreamKey, number>>): Vector {
  return new Map(Object.entries(object))
}
