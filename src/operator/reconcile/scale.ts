import type { RefView } from '../membership/index.ts'
import { serverName } from '../names.ts'

/** The volume claim of one server. */
export interface ClaimFacts {
  readonly name: string
  readonly uid: string
  readonly ordinal: number
  readonly terminating: boolean
  /** Whether its server was once not wanted any more: see LEAVING_ANNOTATION. */
  readonly leaving: boolean
}

export interface ScaleFacts {
  readonly cluster: string
  /** What the resource asks for. */
  readonly desired: number
  /** What the StatefulSet has now; undefined when there is none. */
  readonly replicas: number | undefined
  readonly claims: readonly ClaimFacts[]
  /** Ordinals of the servers' pods, terminating ones among them. */
  readonly pods: readonly number[]
  /** Undefined when no ref has answered lately. */
  readonly view: RefView | undefined
}

export interface ScaleDecision {
  /** How many pods of servers there should be now. */
  readonly replicas: number
  /** How many servers ref is told to have, those of the lowest ordinals; but not before `mark` is done. */
  readonly wanted: number
  /** Claims to mark as those of leaving servers. */
  readonly mark: readonly ClaimFacts[]
  /** Claims of servers that stay after all. */
  readonly unmark: readonly ClaimFacts[]
  /** Claims of removed servers, which may only come back as new ones. */
  readonly remove: readonly ClaimFacts[]
  /** Servers that there are and that are no longer to be, until ref lists them as removed. */
  readonly leaving: readonly string[]
}

/**
 * How to get from the servers there are to those asked for. A server goes in this order: its claim is marked, ref is
 * told, ref lists it as removed, its pod goes, its claim goes. The mark is what an operator that knows nothing yet goes by:
 * a server with a marked claim is not asked for again unless ref says that it still votes, for one that was removed has
 * an old list of voters on its disk and may only come back with an empty one.
 */
export function decideScale(facts: ScaleFacts): ScaleDecision {
  const { cluster, claims, view } = facts
  const wanted = decideWanted(facts)
  const replicas = decideReplicas(facts, wanted)
  return {
    replicas,
    wanted,
    mark: claims.filter(
      (claim) => claim.ordinal >= wanted && !claim.leaving && isPresent(facts, claim.ordinal),
    ),
    unmark: claims.filter(
      (claim) => claim.ordinal < wanted && claim.leaving && hasStayed(view, nameIn(cluster, claim)),
    ),
    remove: claims.filter((claim) => {
      const { ordinal, terminating } = claim
      return (
        ordinal >= Math.max(wanted, replicas) &&
        !terminating &&
        !isPresent(facts, ordinal) &&
        isOver(facts, claim)
      )
    }),
    leaving: range(wanted, replicas).map((ordinal) => serverName(cluster, ordinal)),
  }
}

/** While nothing is to be changed: what ref was told, as far as the marks tell. */
export function wantedAsItIs({ desired, replicas, claims }: ScaleFacts): number {
  const marked = claims.filter(({ leaving }) => leaving).map(({ ordinal }) => ordinal)
  return Math.max(1, Math.min(replicas ?? desired, ...marked))
}

function decideWanted({ cluster, desired, replicas, claims, view }: ScaleFacts): number {
  for (let ordinal = 0; ordinal < desired; ordinal++) {
    const isBlocked = claims.some((claim) => {
      if (claim.ordinal !== ordinal) return false
      if (claim.terminating) return claim.leaving || ordinal >= (replicas ?? 0)
      return claim.leaving && !mayStay(view, serverName(cluster, ordinal))
    })
    if (isBlocked) return ordinal
  }
  return desired
}

/**
 * Whether a server that was to leave may be asked for again. Ref may have taken it off since it was last heard, so that
 * this is an attempt: only what ref says after it was told decides.
 */
function mayStay(view: RefView | undefined, name: string): boolean {
  return view !== undefined && view.epoch > 0 && view.servers.some((each) => each.name === name && each.voter)
}

/** Whether the attempt succeeded: ref knew that the server is wanted again, and it still votes. */
function hasStayed(view: RefView | undefined, name: string): boolean {
  return mayStay(view, name) && view?.report.wanted.includes(name) === true
}

function decideReplicas(facts: ScaleFacts, wanted: number): number {
  const { cluster, replicas, claims, pods, view } = facts
  const marked = claims.filter(({ leaving }) => leaving).map(({ ordinal }) => ordinal)
  // Without a StatefulSet, what there was is told by what it left behind.
  let next = replicas ?? Math.max(0, ...[...pods, ...marked].map((ordinal) => ordinal + 1))
  while (next > wanted && isRemoved(view, serverName(cluster, next - 1))) next--
  return Math.max(next, wanted)
}

/** Whether ref, told that this server is not wanted, says that it votes no more and holds nothing that others need. */
function isRemoved(view: RefView | undefined, name: string): boolean {
  if (view === undefined || view.epoch === 0 || view.report.wanted.includes(name)) return false
  const entry = view.servers.find((each) => each.name === name)
  // One that never had a rank was never a server: it may go as it came.
  return entry === undefined || (entry.state === 'removed' && !entry.voter)
}

/** Whether nobody needs what this claim holds. One without a mark that ref never heard of may be anyone's. */
function isOver({ cluster, view }: ScaleFacts, claim: ClaimFacts): boolean {
  const name = nameIn(cluster, claim)
  const isKnown = claim.leaving || view?.servers.some((each) => each.name === name) === true
  return isKnown && isRemoved(view, name)
}

function isPresent({ replicas, pods }: ScaleFacts, ordinal: number): boolean {
  return ordinal < (replicas ?? 0) || pods.includes(ordinal)
}

function nameIn(cluster: string, { ordinal }: ClaimFacts): string {
  return serverName(cluster, ordinal)
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index)
}
