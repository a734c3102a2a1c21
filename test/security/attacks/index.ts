import { crowdIn } from './crowd.ts'
import { knockEverywhere, poseAsServer, reportAsServer } from './doors.ts'
import { listenToOthers } from './listeners.ts'
import { setOthersSecrets } from './permits.ts'
import { playClientAgain } from './replay.ts'
import type { Target } from './target.ts'
import { askAsAnother } from './users.ts'

export { knockFromOutside } from './doors.ts'
export type { Part, Target } from './target.ts'

export interface Attack {
  readonly name: string
  /** What succeeded that must not, or was not counted or told; and where who is honest was kept out. */
  readonly run: (target: Target) => Promise<string[]>
}

/** All that is tried on a system in secured mode, on this machine and on Kubernetes. */
export const ATTACKS: readonly Attack[] = [
  { name: 'no key, an unknown one, and those of others, at each port', run: knockEverywhere },
  { name: 'a report of who belongs to the cluster by who is no operator', run: reportAsServer },
  { name: "a server's name as a client's routing id", run: poseAsServer },
  { name: "another's name, tokens that nobody gave, and a request sent again", run: askAsAnother },
  { name: 'permits for new secrets that are not for that, or not any more', run: setOthersSecrets },
  { name: 'subscriptions that cover what others are told', run: listenToOthers },
  { name: 'all that a client said, played again', run: playClientAgain },
  { name: 'two thousand slow handshakes', run: crowdIn },
]
