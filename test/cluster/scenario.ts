import type { Release } from './support/chart.ts'
import type { Image } from './support/image.ts'
import type { Kubernetes } from './support/kubernetes.ts'
import type { Machine } from './support/machine.ts'
import type { Stage } from './support/stage.ts'

/**
 * What some scenarios need of the cluster: that its daemons and nodes are this machine's, to stop and cut; that it has the
 * program under another tag, to change to.
 */
export type Need = 'machine' | 'other image'

/** What every scenario works with. */
export interface World {
  readonly kubernetes: Kubernetes
  readonly release: Release
  readonly image: Image
  /** The same program under another tag. */
  readonly other: Image
  /** Absent where the nodes are not this machine's. */
  readonly machine: Machine | undefined
  /** What every cluster's spec is to have: the mode, when this run was given one. */
  readonly spec: object
  /** A MessagingCluster in a fresh namespace, removed when the scenario is over. */
  stage(spec?: object, name?: string): Promise<Stage>
  /** Says what is being done, for who watches. */
  readonly tell: (text: string) => void
}

/** What became of a scenario. */
export interface Findings {
  /** Under load: acknowledged, unknown, lost, doubled; without load absent. */
  readonly load?: LoadFindings
  /** What was seen, in words, for the table. */
  readonly seen?: readonly string[]
  /** Promises that were broken, in words. */
  readonly broken: readonly string[]
}

export interface LoadFindings {
  readonly acknowledged: number
  readonly unknown: number
  readonly lost: number
  readonly doubled: number
  /** From the last step until the files were the same bytes and complete. */
  readonly convergedMs: number
  readonly gapMs: number
}

export interface Scenario {
  readonly name: string
  /** What is done, as it stands in the table. */
  readonly says: string
  readonly needs?: readonly Need[]
  /** Whether the short form has it. */
  readonly short?: boolean
  readonly deadlineMs: number
  /** Whether it installs the operator itself. */
  readonly installs?: boolean
  /** Lines of level error that the operator may write meanwhile. */
  readonly expects?: readonly RegExp[]
  run(world: World): Promise<Findings>
}

export interface Group {
  readonly title: string
  readonly scenarios: readonly Scenario[]
}
