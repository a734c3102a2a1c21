import { entryOf, type RefView, whyNotVoting } from '../membership/view.ts'
import type { PodFacts } from './pods.ts'

export interface RolloutFacts {
  /** The servers' pods. */
  readonly pods: readonly PodFacts[]
  /** Names of the servers that there shall be. */
  readonly wanted: readonly string[]
  /** Servers that are being drained: nothing healthy is touched meanwhile. */
  readonly leaving: readonly string[]
  /** The revision that pods shall have; undefined while the StatefulSet's controller has not looked at the newest template. */
  readonly revision: string | undefined
  readonly view: RefView | undefined
  /** Another component whose pods are being replaced: one at a time, or clients would lose their broker and server at once. */
  readonly busy?: string | undefined
  /** Wall ms. */
  readonly now: number
}

export type RolloutStep =
  /** All are as they shall be, and nothing is to be done. */
  | { readonly step: 'done' }
  /** A pod that is of no use as it is. */
  | { readonly step: 'delete'; readonly pod: PodFacts; readonly why: string }
  /** A healthy pod, if the budget allows. */
  | { readonly step: 'evict'; readonly pod: PodFacts }
  | { readonly step: 'wait'; readonly why: string; readonly againAfterMs?: number }
  /** A pod of the newest revision does not become ready. */
  | { readonly step: 'stalled'; readonly pod: PodFacts; readonly why: string }

/** A server that is started anew has this long to become ready. */
export const STALLED_MS = 300_000
/** A running pod of an old revision that has not been ready for so long is broken: waiting for it would never end. */
const BROKEN_MS = 60_000
/** Operations that a server may lack and still count as caught up: under load some are always on their way. */
const LAG_MAX = 50_000

/**
 * What to do next so that every server runs the newest template: first those that are broken, then the healthy ones,
 * one at a time, of the highest rank first and the coordinator last.
 */
export function decideRollout(facts: RolloutFacts): RolloutStep {
  const { revision } = facts
  if (revision === undefined)
    return { step: 'wait', why: 'the StatefulSet has not seen its newest template yet' }
  const old = facts.pods.filter((pod) => pod.revision !== revision && !pod.terminating)
  const broken = old.find((pod) => isBroken(pod, facts))
  if (broken !== undefined)
    return { step: 'delete', pod: broken, why: 'it is not ready, and of an older revision' }
  const left = facts.pods.find((pod) => hasLeft(pod, facts))
  if (left !== undefined) return { step: 'delete', pod: left, why: 'it was leaving, and is wanted again' }
  const healthy = old.filter(({ name }) => facts.wanted.includes(name))
  if (healthy.length === 0) return settled(facts) ?? { step: 'done' }
  if (facts.busy !== undefined)
    return stalled(facts) ?? { step: 'wait', why: `${facts.busy} is being replaced` }
  const candidate = healthy.toSorted((a, b) => order(b, facts) - order(a, facts))[0] as PodFacts
  return settled(facts) ?? { step: 'evict', pod: candidate }
}

/** What there is to wait for before a healthy server may be taken, if anything. */
function settled(facts: RolloutFacts): RolloutStep | undefined {
  const { pods, wanted, leaving, revision, now, view } = facts
  const end = stalled(facts)
  if (end !== undefined) return end
  if (leaving.length > 0) return { step: 'wait', why: `${leaving.join(', ')} must be drained first` }
  for (const name of wanted) {
    const pod = pods.find((each) => each.name === name)
    const why = pod === undefined ? `${name} has no pod yet` : unsettled(pod, view)
    if (why === undefined) continue
    const deadline = pod === undefined ? now : dueToBeReady(pod, revision)
    return { step: 'wait', why, ...(deadline > now && { againAfterMs: deadline - now }) }
  }
  return undefined
}

function stalled(facts: RolloutFacts): RolloutStep | undefined {
  const pod = facts.pods.find((each) => isStuck(each, facts))
  return pod && { step: 'stalled', pod, why: 'it has not become ready in five minutes' }
}

/** Why this server cannot be counted on while another is taken; undefined when it can. */
export function unsettled(pod: PodFacts, view: RefView | undefined): string | undefined {
  const { name } = pod
  if (pod.terminating) return `${name} is being replaced`
  if (!pod.ready) return `${name} is not ready`
  if (view === undefined) return 'the reference service does not answer'
  if (view.epoch === 0) return 'the reference service does not know the servers yet'
  const reported = view.report.pods.find(({ uid }) => uid === pod.uid)
  // What ref says is of this very pod only when it knew of it.
  if (reported?.ready !== true || reported.terminating)
    return `the reference service has not heard of ${name}’s pod yet`
  const entry = entryOf(view, name)
  if (entry === undefined) return `the reference service does not know ${name}`
  const behind = entry.lag > LAG_MAX ? `${name} is ${entry.lag} operations behind` : undefined
  return whyNotVoting(entry) ?? behind
}

function isBroken(pod: PodFacts, { now, leaving, wanted }: RolloutFacts): boolean {
  if (pod.ready) return false
  if (!pod.running) return true
  // A leaving server is not ready either, and must not be disturbed; one that runs may be about to become ready.
  if (leaving.includes(pod.name) || !wanted.includes(pod.name)) return false
  return now - pod.readyChangedAt >= BROKEN_MS
}

/** A server that has begun to leave never accepts again in that process. */
function hasLeft(pod: PodFacts, { wanted, view }: RolloutFacts): boolean {
  if (pod.terminating || pod.ready || view === undefined || !wanted.includes(pod.name)) return false
  const { report } = view
  const entry = entryOf(view, pod.name)
  return (
    entry?.state === 'leaving' &&
    entry.voter &&
    report.wanted.includes(pod.name) &&
    report.pods.some(({ uid, terminating }) => uid === pod.uid && !terminating)
  )
}

function isStuck(pod: PodFacts, { revision, now, wanted }: RolloutFacts): boolean {
  if (pod.ready || pod.terminating || pod.revision !== revision || !wanted.includes(pod.name)) return false
  return now >= dueToBeReady(pod, revision)
}

function dueToBeReady(pod: PodFacts, revision: string | undefined): number {
  if (pod.revision !== revision) return pod.readyChangedAt + BROKEN_MS
  return pod.readyChangedAt + STALLED_MS
}

/** Who goes later has the lower number. */
function order({ name }: PodFacts, { view }: RolloutFacts): number {
  if (view?.coordinator === name) return -1
  return entryOf(view, name)?.rank ?? 0
}
