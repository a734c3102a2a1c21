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
export function isMajority(names: readonly string[], list: readonly string[]): boolean {
  let count = 0
  for (const name of list) if (names.includes(name)) count++
  return count >= majorityOf(list)
}

/** Whether those of `names` are a majority of these voters: of the list that shall follow too, if there is one. */
export function isMajorityOf(names: readonly string[], { names: list, next }: Voters): boolean {
  return isMajority(names, list) && (next === undefined || isMajority(names, next))
}
