/** The list of those that count for a majority. */
export interface Voters {
  readonly epoch: number
  readonly names: readonly string[]
  /** The list that shall follow, one server more or less. While it is named, a majority is one of both. */
  readonly next?: readonly string[]
}

/** How many of a list make a majority. */
export function majorityOf(list: readonly string[]): number {
  return Math.floor(list.length / 2) + 1
}

/** Whether those of `names` that are in `list` are a majority of it; nobody is of a list without names. */
export function isMajority(names: Iterable<string>, list: readonly string[]): boolean {
  const counted = new Set(names)
  return list.filter((name) => counted.has(name)).length >= majorityOf(list)
}

/** Whether those of `names` are a majority of these voters: of the list that shall follow too, if there is one. */
export function isMajorityOf(names: Iterable<string>, { names: list, next }: Voters): boolean {
  const counted = new Set(names)
  return isMajority(counted, list) && (next === undefined || isMajority(counted, next))
}
