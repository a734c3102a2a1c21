import type { Pass } from '../../ports/index.ts'
import type { HeldKeys } from './held-keys.ts'

/** What the operator shows as a client of the cluster, as its keys are now: for a client that lives for seconds. */
export function clientPass({ keyring }: HeldKeys): Pass {
  if (keyring === undefined) throw new Error('Nobody connects before there are keys')
  return {
    pair: keyring.pairs.local,
    trusted: keyring.lists.front.map(({ key }) => key),
    onChange: () => () => {},
  }
}
