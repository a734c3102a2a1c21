import type { MembersReport, ServerEntry, ServerList } from '../../wire/index.ts'

export type ReportedPod = MembersReport['pods'][number]

/** What ref is told: which servers there shall be, and which pods there are. */
export interface Report {
  readonly wanted: readonly string[]
  readonly pods: readonly ReportedPod[]
}

/** A ref's word on the servers, given after it had taken `report`. */
export interface RefView extends ServerList {
  /** Monotonic ms at which it was asked. */
  readonly at: number
  readonly report: Report
}

/** Three times the usual interval: one answer may be lost and the next be late. */
const FRESH_MS = 6000

/** Whether what ref said counts: a view that is older tells of servers that may have died since. */
export function isFresh(view: RefView, now: number): boolean {
  return now - view.at < FRESH_MS
}

export function entryOf(view: RefView | undefined, name: string): ServerEntry | undefined {
  return view?.servers.find((each) => each.name === name)
}

/** Why this server does not count as one that is up and votes; undefined when it does. */
export function whyNotVoting({ name, state, voter }: ServerEntry): string | undefined {
  if (state !== 'up') return `${name} is ${state}`
  return voter ? undefined : `${name} does not vote yet`
}

export function sameReport(a: Report, b: Report): boolean {
  return (
    a.wanted.length === b.wanted.length &&
    a.wanted.every((name, index) => name === b.wanted[index]) &&
    a.pods.length === b.pods.length &&
    a.pods.every((pod, index) => samePod(pod, b.pods[index] as ReportedPod))
  )
}

function samePod(a: ReportedPod, b: ReportedPod): boolean {
  return (
    a.uid === b.uid &&
    a.name === b.name &&
    a.ip === b.ip &&
    a.ready === b.ready &&
    a.terminating === b.terminating
  )
}
