import type { RefView } from '../membership/index.ts'
import { COMPONENTS, type Component } from '../names.ts'
import type { PodFacts } from '../reconcile/pods.ts'

/** Those who tell ref which generation of their keys they have read. */
const READERS: ReadonlySet<Component> = new Set(COMPONENTS.filter((component) => component !== 'client'))

/** The generation that a pod's process says it has read; undefined when it has said nothing lately. */
export function readBy({ component, name }: PodFacts, view: RefView): number | undefined {
  return view.keys?.[`${component}/${name}`]
}

/** The pods that have not read this generation or a later one, as far as ref has heard. */
export function unreadPods(
  pods: readonly PodFacts[],
  view: RefView | undefined,
  generation: number,
): readonly PodFacts[] | undefined {
  if (view === undefined) return undefined
  return pods.filter(
    (pod) => READERS.has(pod.component) && !pod.terminating && (readBy(pod, view) ?? 0) < generation,
  )
}
