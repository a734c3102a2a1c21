import type { Group } from '../scenario.ts'
import { clocksApart, clocksStepping } from './clocks.ts'
import { cuts } from './cuts.ts'
import { disks, fullDisks } from './disks.ts'
import { freezes } from './freezes.ts'
import { kills } from './kills.ts'
import { random } from './random.ts'

/** All that is done to real processes, in the order of docs/reliability.md. */
export const GROUPS: readonly Group[] = [
  kills,
  freezes,
  cuts,
  random,
  disks,
  fullDisks,
  clocksApart,
  clocksStepping,
]
