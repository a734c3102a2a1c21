import { z } from 'zod'

/**
 * The values of charts/recado: the one source of its values.yaml, its values.schema.json and docs/chart.md. Every value
 * has a default; what is not named here is an error.
 */

const text = (byDefault: string) => z.string().default(byDefault)
const flag = (byDefault: boolean) => z.boolean().default(byDefault)
const auto = (meaning: string) =>
  z
    .enum(['auto', 'always', 'never'])
    .default('auto')
    .meta({ description: `${meaning}: \`always\`, \`never\`, or \`auto\`: when the cluster knows the kind` })
const texts = (meaning: string) => z.record(z.string(), z.string()).default({}).meta({ description: meaning })
const names = (meaning: string) => z.array(z.string().min(1)).default([]).meta({ description: meaning })
const objects = (meaning: string) => z.array(z.looseObject({})).default([]).meta({ description: meaning })
const object = (meaning: string, byDefault: Record<string, unknown> = {}) =>
  z.looseObject({}).default(byDefault).meta({ description: meaning })

function group<Shape extends z.ZodRawShape>(meaning: string, shape: Shape) {
  // What is left out takes its default inside.
  return z
    .strictObject(shape)
    .prefault({} as never)
    .meta({ description: meaning })
}

const image = group('The image of the operator, and of clusters that name none', {
  repository: text('recado').meta({ description: 'Registry and name, without a tag' }),
  tag: text('').meta({ description: 'The tag; empty: the chart’s appVersion' }),
  digest: z
    .string()
    .regex(/^(?:sha256:[0-9a-f]{64})?$/)
    .default('')
    .meta({ description: '`sha256:...`: takes the place of the tag' }),
  pullPolicy: z
    .enum(['Always', 'IfNotPresent', 'Never'])
    .default('IfNotPresent')
    .meta({ description: 'When nodes pull the image' }),
  pullSecrets: names('Secrets of the operator’s namespace by which its image is pulled'),
})

const operator = group('The operator', {
  replicas: z
    .int()
    .min(1)
    .max(5)
    .default(2)
    .meta({ description: 'How many run: one acts, the others wait to take its place' }),
  watchNamespaces: names(
    'Namespaces whose clusters are tended, by Roles in them; none named: all, by a ClusterRole',
  ),
  resyncMs: z
    .int()
    .min(1000)
    .max(600_000)
    .default(300_000)
    .meta({ description: 'How often every cluster is looked at again though nothing changed, in ms' }),
  logLevel: z
    .enum(['trace', 'debug', 'info', 'warn', 'error'])
    .default('info')
    .meta({ description: 'The least level that is logged' }),
  resources: object('What the operator asks for and may use', {
    requests: { cpu: '50m', memory: '128Mi' },
    limits: { memory: '512Mi' },
  }),
  podAnnotations: texts('Annotations of the operator’s pods'),
  podLabels: texts('Labels of the operator’s pods'),
  nodeSelector: texts('Labels of the nodes it may run on'),
  tolerations: objects('Taints it tolerates'),
  affinity: object('Affinity, beside spreading over nodes where that can be had'),
  priorityClassName: text('').meta({ description: 'The class of its priority' }),
  networkPolicy: flag(true).meta({ description: 'Let nothing in but at the metrics’ port' }),
})

const serviceAccount = group('The account that the operator acts with', {
  create: flag(true).meta({ description: 'Make it' }),
  name: text('').meta({ description: 'Its name; empty: the operator’s, or `default` when it is not made' }),
  annotations: texts('Its annotations'),
})

const crds = group('The definition of MessagingCluster', {
  upgrade: flag(true).meta({
    description: 'Before `helm upgrade`, bring the definition up to date; Helm itself only installs it',
  }),
})

const monitoring = group('Watching the operator; clusters have their own `monitoring`', {
  serviceMonitor: auto('A ServiceMonitor for the operator'),
  rules: auto('A PrometheusRule with the operator’s alerts, not without the ServiceMonitor'),
  alertDelayPercent: z
    .int()
    .min(0)
    .max(1000)
    .default(100)
    .meta({ description: 'How long alerts wait before they fire, in percent of what is usual' }),
  labels: texts('Labels of both, by which your Prometheus selects them'),
  dashboards: flag(true).meta({ description: 'A ConfigMap with the Grafana dashboard' }),
  dashboardLabels: z
    .record(z.string(), z.string())
    .default({ grafana_dashboard: '1' })
    .meta({ description: 'Labels of the ConfigMap, by which Grafana’s sidecar finds it' }),
})

const cluster = group('A MessagingCluster that is installed with the operator', {
  create: flag(false).meta({ description: 'Make it' }),
  name: z
    .string()
    .regex(/^[a-z](?:[-a-z0-9]{0,38}[a-z0-9])?$/)
    .default('recado')
    .meta({ description: 'Its name' }),
  spec: object('Its spec'),
})

export const VALUES = z
  .strictObject({
    fullnameOverride: text('').meta({ description: 'The operator’s name; empty: made of the release’s' }),
    image,
    operator,
    serviceAccount,
    crds,
    monitoring,
    cluster,
    global: z.looseObject({}).optional().meta({ description: 'Of a chart that includes this one; not read' }),
  })
  .meta({ title: 'Values of the recado chart' })
