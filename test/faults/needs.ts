import { spawnSync } from 'node:child_process'
import { canStep } from './clock.ts'
import { isIsolated } from './isolation.ts'

/** What some scenarios need of the machine. */
export type Need = 'network' | 'mount' | 'faketime'

/** What cutting networks takes, tried in the network of this process alone. */
const PROBES: readonly (readonly string[])[] = [
  ['ip', 'link', 'add', 'probe', 'type', 'bridge'],
  ['ip', 'link', 'delete', 'probe'],
  ['tc', '-V'],
  ['nft', 'add', 'table', 'inet', 'probe'],
  ['nft', 'delete', 'table', 'inet', 'probe'],
]

/** Why this machine cannot give it; undefined when it can. */
export function missing(need: Need): string | undefined {
  switch (need) {
    case 'network':
      if (!isIsolated()) return 'network namespaces need Linux, root and unshare'
      return PROBES.every(([command = '', ...args]) => spawnSync(command, args).status === 0)
        ? undefined
        : 'cutting networks needs iproute2 and nftables'
    case 'mount':
      return isIsolated() ? undefined : 'mounting a small disk needs Linux, root and unshare'
    case 'faketime':
      return canStep() ? undefined : 'stepping clocks needs libfaketime'
  }
}
