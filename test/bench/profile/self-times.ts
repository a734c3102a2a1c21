import { fileURLToPath } from 'node:url'
import { table } from '../../support/table.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const IDLE = '(idle)'

interface Frame {
  readonly functionName: string
  readonly url: string
  readonly lineNumber: number
}

/** What the inspector and `node --cpu-prof` write. */
export interface Profile {
  readonly nodes: readonly {
    readonly id: number
    readonly callFrame: Frame
    readonly children?: readonly number[]
  }[]
  readonly samples?: readonly number[]
  /** µs from each sample to the one before it. */
  readonly timeDeltas?: readonly number[]
}

/**
 * Where a thread's time went, by function and by file: the time in the function itself, without what it calls. Shares
 * are of the time in which the thread was busy.
 */
export function selfTimes(profile: Profile, rows: number): string {
  const places = placesOf(profile)
  const functions = new Map<string, number>()
  const files = new Map<string, number>()
  let [busy, idle] = [0, 0]
  for (const [index, id] of (profile.samples ?? []).entries()) {
    const place = places.get(id)
    // A sample stands for the time until the next.
    const us = profile.timeDeltas?.[index + 1] ?? 0
    if (place === undefined) continue
    if (place.function === IDLE) {
      idle += us
      continue
    }
    busy += us
    functions.set(place.function, (functions.get(place.function) ?? 0) + us)
    files.set(place.file, (files.get(place.file) ?? 0) + us)
  }
  const share = ((busy / (busy + idle)) * 100).toFixed(0)
  return [
    `Busy ${(busy / 1000).toFixed(0)} ms, ${share} % of the time.`,
    tableOf('function', functions, busy, rows),
    tableOf('file', files, busy, rows),
  ].join('\n\n')
}

function tableOf(head: string, times: ReadonlyMap<string, number>, busy: number, rows: number): string {
  const top = [...times].toSorted(([, a], [, b]) => b - a).slice(0, rows)
  return table(
    [head, 'self ms', 'share'],
    top.map(([name, us]) => [name, (us / 1000).toFixed(1), `${((us / busy) * 100).toFixed(1)} %`]),
  )
}

/** How each node of a profile is called. What is not JavaScript is named after who calls it. */
function placesOf({ nodes }: Profile): Map<number, { function: string; file: string }> {
  const callers = new Map(
    nodes.flatMap(({ callFrame, children = [] }) => children.map((id) => [id, callFrame])),
  )
  return new Map(
    nodes.map(({ id, callFrame }) => {
      if (callFrame.url !== '') return [id, { function: nameOf(callFrame), file: fileOf(callFrame.url) }]
      const caller = callers.get(id)
      const name = callFrame.functionName || '(native)'
      if (caller === undefined || caller.url === '') return [id, { function: name, file: name }]
      return [id, { function: `${name} in ${nameOf(caller)}`, file: `native, in ${fileOf(caller.url)}` }]
    }),
  )
}

function nameOf({ functionName, url, lineNumber }: Frame): string {
  return `${functionName || '(anonymous)'} ${fileOf(url)}:${lineNumber + 1}`
}

/** A path from the root; for packages from their folder. */
function fileOf(url: string): string {
  const path = url.startsWith('file:') ? fileURLToPath(url) : url
  return path.replace(ROOT, '').replace(/^.*node_modules\//, '')
}
