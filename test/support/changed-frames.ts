import * as fc from 'fast-check'

export const counts = fc.oneof(
  fc.maxSafeNat(),
  fc.nat(70_000),
  fc.constantFrom(127, 128, 255, 256, 65_535, 65_536),
)
export const names = fc.stringMatching(/^[A-Za-z0-9._-]{1,64}$/)

export const CHANGES = fc.array(
  fc.record({ at: fc.nat(), to: fc.nat(255), cut: fc.nat(3), more: fc.nat(1) }),
  {
    maxLength: 2,
  },
)

/** The same with bytes changed, and maybe cut off. */
export function changedBy(
  body: Uint8Array,
  changes: readonly { at: number; to: number; cut: number; more: number }[],
): Buffer {
  let changed = Buffer.from(body)
  for (const { at, to, cut, more } of changes) {
    if (changed.length === 0) break
    changed[at % changed.length] = to
    if (cut === 0) changed = Buffer.concat([changed.subarray(0, at % changed.length), Buffer.alloc(more)])
  }
  return changed
}

/** The same in an order of keys that is not usual. */
export function turned(value: object): object {
  return Object.fromEntries(Object.entries(value).toReversed())
}
