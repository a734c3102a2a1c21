import { KubeError } from '../../ports/index.ts'
import { KINDS } from '../kinds.ts'
import { isSecured } from '../resources/index.ts'
import { readBy, unreadPods } from '../security/index.ts'
import { lookAgain, type Pass } from './pass.ts'
import type { PodFacts } from './pods.ts'

/** On a pod: the generation of keys that its kubelet is to bring it, and how often it was asked to. */
const KEYS_ANNOTATION = 'recado.dev/keys'

/** Between two nudges of one pod while it lags. */
const AGAIN_MS = 5000
/** After so many it is no matter of luck; it is asked seldom from then on. */
const SOON_MAX = 12
const SELDOM_MS = 60_000
/** Who has said nothing yet has so long to: it has just started, with the keys of now. */
const SILENT_MS = 5000
/** Keys that were not read for so long are worth a word. */
const UNREAD_MS = 60_000

/** What is remembered of a running pod of a secured cluster, by its uid. */
export interface Nudges {
  readonly generation: number
  /** Monotonic ms since which it is known to lag; undefined while it does not, or nobody can tell. */
  readonly lagsSince: number | undefined
  /** Nudges for this generation, and monotonic ms of the last. */
  readonly count: number
  readonly at: number
}

/**
 * Kubelets read Secrets again every minute or so, but at once when the pod's object changes: it gets an annotation, again
 * and again until its process says that it has read what it should.
 */
export async function nudgePods(pass: Pass): Promise<void> {
  const { cluster, observed, memory } = pass
  const { keyring } = memory.keys
  if (!isSecured(cluster) || keyring === undefined) return
  const { generation } = keyring.state
  const unread = unreadPods(observed.pods, memory.membership.view, generation) ?? []
  const pods = observed.pods.filter(({ running, terminating }) => running && !terminating)
  const uids = new Set(pods.map(({ uid }) => uid))
  for (const uid of memory.nudges.keys()) if (!uids.has(uid)) memory.nudges.delete(uid)
  for (const pod of pods) await nudgePod(pass, pod, { generation, lags: unread.includes(pod) })
}

/** The pods that should have read the keys of now long ago. */
export function unreadLong({ observed, memory, options }: Pass): readonly string[] {
  const now = options.time.monotonic()
  const lagMs = ({ uid }: PodFacts): number => now - (memory.nudges.get(uid)?.lagsSince ?? now)
  return observed.pods.filter((pod) => lagMs(pod) >= UNREAD_MS).map(({ name }) => name)
}

async function nudgePod(
  pass: Pass,
  pod: PodFacts,
  { generation, lags }: { readonly generation: number; readonly lags: boolean },
): Promise<void> {
  const { memory, options } = pass
  const now = options.time.monotonic()
  const known = memory.nudges.get(pod.uid)
  const lagsSince = lags ? (known?.lagsSince ?? now) : undefined
  const isKnown = known?.generation === generation
  const nudges = { generation, lagsSince, count: isKnown ? known.count : 0, at: isKnown ? known.at : 0 }
  memory.nudges.set(pod.uid, nudges)
  const dueAt = nudges.count === 0 ? firstDueAt(pass, pod, nudges) : nextDueAt(nudges)
  if (dueAt === undefined) return
  if (dueAt > now) return lookAgain(pass, dueAt - now)
  memory.nudges.set(pod.uid, { ...nudges, count: nudges.count + 1, at: now })
  await nudge(pass, pod, nudges)
  if (lags) lookAgain(pass, AGAIN_MS)
}

/** Monotonic ms at which a pod is asked for the first time to read this generation. */
function firstDueAt({ memory }: Pass, pod: PodFacts, { lagsSince }: Nudges): number | undefined {
  const { changedAt } = memory.keys
  // It had started before the keys changed. Automatic clients tell nobody what they have read: this is all for them.
  if (changedAt !== undefined && pod.createdAt <= changedAt) return 0
  if (lagsSince === undefined) return undefined
  const { view } = memory.membership
  const isSilent = view === undefined || readBy(pod, view) === undefined
  return isSilent ? lagsSince + SILENT_MS : 0
}

function nextDueAt({ lagsSince, count, at }: Nudges): number | undefined {
  return lagsSince === undefined ? undefined : at + (count < SOON_MAX ? AGAIN_MS : SELDOM_MS)
}

async function nudge({ options }: Pass, pod: PodFacts, { generation, count }: Nudges): Promise<void> {
  const { name, namespace } = pod
  const former = pod.object.metadata.annotations?.[KEYS_ANNOTATION]
  const wanted = count === 0 ? `${generation}` : `${generation}.${count}`
  // What an operator before this one wrote must become something else.
  const value = former === wanted ? `${wanted}.1` : wanted
  try {
    const patch = { metadata: { annotations: { [KEYS_ANNOTATION]: value } } }
    await options.api.merge(KINDS.pod, { namespace, name }, patch)
  } catch (error) {
    // It is gone: nobody is left to read anything.
    if (!(error instanceof KubeError) || error.status !== 404) throw error
  }
}
