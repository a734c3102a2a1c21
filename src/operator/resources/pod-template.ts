import type { MessagingCluster, PodTemplateSpec } from '../api/index.ts'
import { type Component, childName, selectorLabels } from '../names.ts'
import type { RenderContext } from './context.ts'
import { environment } from './environment.ts'
import { labelsOf } from './metadata.ts'
import { containerPorts, PORTS } from './ports.ts'
import { probes } from './probes.ts'
import { canonicalQuantity } from './quantity.ts'
import { keysMount, keysVolume } from './secured.ts'
import { containerSecurity, podSecurity } from './security.ts'

/** How the pods of one component differ from those of the others. */
export interface PodOptions {
  readonly component: Component
  readonly template: PodTemplateSpec
  /** Volumes of the pod itself; a StatefulSet's claims are not among them. */
  readonly volumes?: readonly unknown[]
  readonly volumeMounts?: readonly unknown[]
  /** Keeps serving for so long after the Services were told that the pod goes. */
  readonly lingerSeconds?: number
  /** Put up with beside those of the resource, unless that says otherwise of the same taint. */
  readonly tolerations?: readonly Toleration[]
  /** Labels beside which pods are told apart for spreading: those of other revisions do not count. */
  readonly revisionLabel?: string
}

export type Toleration = NonNullable<PodTemplateSpec['tolerations']>[number]

const TERMINATION_GRACE_SECONDS = 30

/** The pods of a component: what a StatefulSet or a Deployment makes them from. */
export function podTemplate(
  cluster: MessagingCluster,
  context: RenderContext,
  options: PodOptions,
): Readonly<Record<string, unknown>> {
  const { component, template } = options
  const volumes = [...(options.volumes ?? []), ...keysVolume(cluster, component)]
  const { affinity, nodeSelector, priorityClassName } = template
  const { pullSecrets } = cluster.spec.image
  const tolerations = allTolerations(options)
  const spread = spreading(cluster, options)
  return {
    metadata: {
      labels: { ...template.labels, ...labelsOf(cluster, component) },
      annotations: { ...scraping(cluster), ...template.annotations },
    },
    spec: {
      serviceAccountName: childName(cluster.metadata.name, component),
      automountServiceAccountToken: false,
      // Variables that Kubernetes makes of Services would be taken for settings.
      enableServiceLinks: false,
      terminationGracePeriodSeconds: TERMINATION_GRACE_SECONDS,
      securityContext: podSecurity(),
      containers: [container(cluster, context, options)],
      ...(volumes.length > 0 && { volumes }),
      ...(pullSecrets && { imagePullSecrets: pullSecrets }),
      ...(nodeSelector && { nodeSelector }),
      ...(affinity && { affinity }),
      ...(tolerations.length > 0 && { tolerations }),
      ...(spread.length > 0 && { topologySpreadConstraints: spread }),
      ...(priorityClassName !== undefined && { priorityClassName }),
    },
  }
}

function container(cluster: MessagingCluster, context: RenderContext, options: PodOptions): unknown {
  const { component, template, lingerSeconds } = options
  const volumeMounts = [...(options.volumeMounts ?? []), ...keysMount(cluster)]
  const { name, pullPolicy } = cluster.spec.image
  return {
    name: component,
    image: name ?? context.image,
    imagePullPolicy: pullPolicy ?? context.imagePullPolicy,
    env: environment(cluster, component),
    ports: containerPorts(cluster, component),
    resources: resources(template),
    ...probes(),
    // By Kubernetes itself: the image has no shell.
    ...(lingerSeconds && { lifecycle: { preStop: { sleep: { seconds: lingerSeconds } } } }),
    securityContext: containerSecurity(),
    ...(volumeMounts.length > 0 && { volumeMounts }),
  }
}

function resources({ resources: { requests, limits } }: PodTemplateSpec): unknown {
  return {
    requests: { cpu: canonicalQuantity(requests.cpu), memory: canonicalQuantity(requests.memory) },
    limits: {
      ...(limits.cpu !== undefined && { cpu: canonicalQuantity(limits.cpu) }),
      memory: canonicalQuantity(limits.memory),
    },
  }
}

function scraping(cluster: MessagingCluster): Readonly<Record<string, string>> {
  if (!cluster.spec.monitoring.annotations) return {}
  return {
    'prometheus.io/scrape': 'true',
    'prometheus.io/port': String(PORTS.http),
    'prometheus.io/path': '/metrics',
  }
}

function allTolerations({ template, tolerations = [] }: PodOptions): readonly Toleration[] {
  const given = template.tolerations ?? []
  const isGiven = ({ key, effect }: Toleration): boolean =>
    given.some((each) => each.key === key && each.effect === effect)
  return [...given, ...tolerations.filter((each) => !isGiven(each))]
}

function spreading(cluster: MessagingCluster, options: PodOptions): unknown[] {
  const { component, template, revisionLabel } = options
  return template.spread.map((constraint) => ({
    ...constraint,
    labelSelector: { matchLabels: selectorLabels(cluster.metadata.name, component) },
    ...(revisionLabel !== undefined && { matchLabelKeys: [revisionLabel] }),
  }))
}
