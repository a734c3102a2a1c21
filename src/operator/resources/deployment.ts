import type { KubeObject } from '../../ports/index.ts'
import type { MessagingCluster } from '../api/index.ts'
import { KINDS } from '../kinds.ts'
import { childName, selectorLabels } from '../names.ts'
import type { RenderContext } from './context.ts'
import { labelsOf, owned } from './metadata.ts'
import { type PodOptions, podTemplate } from './pod-template.ts'

export interface DeploymentOptions extends PodOptions {
  readonly replicas: number
  /** How old pods give way to new ones. */
  readonly strategy: Readonly<Record<string, unknown>>
  /** How long a new pod must be ready before an old one goes. */
  readonly minReadySeconds?: number
}

/** The old pod goes only when a new one is ready. */
export const ONE_MORE = { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } }
/** Never two at a time. */
export const RECREATE = { type: 'Recreate' }

/** After so long without progress the Deployment itself says that it is stuck. */
const PROGRESS_DEADLINE_SECONDS = 300

/** What the Deployments of all components have in common. */
export function deployment(
  cluster: MessagingCluster,
  context: RenderContext,
  options: DeploymentOptions,
): KubeObject {
  const { component, replicas, strategy, minReadySeconds } = options
  const { name } = cluster.metadata
  return owned(
    cluster,
    KINDS.deployment,
    { name: childName(name, component), labels: labelsOf(cluster, component) },
    {
      spec: {
        replicas,
        strategy,
        ...(minReadySeconds && { minReadySeconds }),
        progressDeadlineSeconds: PROGRESS_DEADLINE_SECONDS,
        revisionHistoryLimit: 3,
        selector: { matchLabels: selectorLabels(name, component) },
        template: podTemplate(cluster, context, { ...options, revisionLabel: 'pod-template-hash' }),
      },
    },
  )
}
