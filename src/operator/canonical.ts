/** JSON that is the same whatever the order of keys; fields of the name `without` are left out, at any depth. */
export function canonicalJson(value: unknown, without?: string): string {
  return JSON.stringify(value, (key, each: unknown) => {
    if (without !== undefined && key === without) return undefined
    if (typeof each !== 'object' || each === null || Array.isArray(each)) return each
    return Object.fromEntries(Object.entries(each).toSorted(([a], [b]) => (a < b ? -1 : 1)))
  })
}
