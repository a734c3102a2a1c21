import { join } from 'node:path'
import { KINDS } from '../../../src/operator/kinds.ts'
import type { KubeObject } from '../../../src/ports/kubernetes.ts'
import { until } from '../../support/load.ts'
import { ROOT } from '../../tidy/tree.ts'
import type { Image } from './image.ts'
import type { Kubernetes } from './kubernetes.ts'

export const CHART = join(ROOT, 'charts', 'recado')
export const RELEASE = 'recado'
export const DEFINITION = 'messagingclusters.recado.dev'
const DEFINITIONS = [DEFINITION, 'messagingusers.recado.dev']
/** Of the release, and labelled so that only restricted pods are let in. One that is installed there already is used. */
export const OPERATOR_NAMESPACE = process.env['RECADO_NAMESPACE'] ?? 'recado-e2e'
const HELM_MS = 180_000
const READY_MS = 60_000
const SELECTOR = `app.kubernetes.io/instance=${RELEASE},app.kubernetes.io/component=operator`

/** The operator, installed by Helm in a namespace of its own. */
export class Release {
  readonly #kubernetes: Kubernetes
  readonly #image: Image
  /** When the logs were judged last: ISO 8601. */
  #judgedAt = new Date().toISOString()
  /** Whether this run installed it with no values of its own. */
  #isAsUsual = false
  /** Of pods that a scenario ended. */
  #kept: string[] = []

  constructor(kubernetes: Kubernetes, image: Image) {
    this.#kubernetes = kubernetes
    this.#image = image
  }

  async isInstalled(): Promise<boolean> {
    const list = await this.#helm('list', '-q', '-a')
    return list.split('\n').includes(RELEASE)
  }

  /** Installs it with the chart's own values, unless that is how it stands. */
  async ensure(): Promise<void> {
    if (!(this.#isAsUsual && (await this.isInstalled()))) await this.install()
  }

  /** Installs it, or brings it to these values; waits until the operator's pods are ready. */
  async install(values: Readonly<Record<string, unknown>> = {}, image = this.#image): Promise<void> {
    await this.#kubernetes.apply(namespaceOf(OPERATOR_NAMESPACE))
    const verb = (await this.isInstalled()) ? 'upgrade' : 'install'
    if (verb === 'install') await this.#renewDefinitions()
    const all = { image: { repository: image.repository, tag: image.tag }, ...values }
    await this.#kubernetes.command(
      'helm',
      [verb, RELEASE, CHART, '-n', OPERATOR_NAMESPACE, '--wait', '--timeout', '2m', '-f', '-'],
      { input: JSON.stringify(all), timeoutMs: HELM_MS },
    )
    this.#isAsUsual = Object.keys(values).length === 0 && image === this.#image
    await this.ready()
  }

  /** Helm leaves definitions that are there as they are, so those of an earlier run's sources too. */
  async #renewDefinitions(): Promise<void> {
    for (const name of DEFINITIONS) {
      if ((await this.#kubernetes.get(KINDS.definition, undefined, name)) === undefined) continue
      await this.#kubernetes.kubectl('replace', '-f', join(CHART, 'crds', `${name}.yaml`))
    }
  }

  async uninstall(): Promise<void> {
    await this.#keepLogs()
    await this.#helm('uninstall', RELEASE, '--wait')
  }

  /** Runs `helm test`; what it printed, with the logs of its pods. */
  test(): Promise<string> {
    return this.#helm('test', RELEASE, '--logs', '--timeout', '2m')
  }

  pods(): Promise<KubeObject[]> {
    return this.#kubernetes.list(KINDS.pod, OPERATOR_NAMESPACE, SELECTOR)
  }

  /** The pod that acts: it holds the Lease. Undefined while none does. */
  async leader(): Promise<string | undefined> {
    const lease = await this.#kubernetes.get(KINDS.lease, OPERATOR_NAMESPACE, await this.leaseName())
    const holder = (lease?.['spec'] as { holderIdentity?: string } | undefined)?.holderIdentity
    return (await this.pods()).map(({ metadata }) => metadata.name).find((name) => holder?.startsWith(name))
  }

  /** The Lease that the operators were told to share. */
  async leaseName(): Promise<string> {
    const [pod] = await this.pods()
    const { containers = [] } = (pod?.['spec'] ?? {}) as {
      containers?: { env?: { name: string; value?: string }[] }[]
    }
    return containers[0]?.env?.find(({ name }) => name === 'LEASE_NAME')?.value ?? RELEASE
  }

  /** Waits until every pod is there and ready, and one acts. */
  async ready(): Promise<void> {
    await until(READY_MS, async () => {
      const pods = await this.pods()
      const ready = pods.filter(isReady).length
      if (pods.length < 2 || ready < pods.length) return `${ready} of ${pods.length} operators are ready`
      return (await this.leader()) !== undefined || 'no operator acts'
    })
  }

  restarts(): Promise<string[]> {
    return this.pods().then((pods) => pods.flatMap(restartsOf))
  }

  /** Kills a pod of it, after its log was kept. */
  async delete(pod: string, options: { force?: boolean } = {}): Promise<void> {
    await this.#keepLogs()
    await this.#kubernetes.deletePod(OPERATOR_NAMESPACE, pod, options)
  }

  /** Lines of level error and above since the last call, and restarts: what a scenario did not expect. */
  async complaints(expected: readonly RegExp[] = []): Promise<string[]> {
    await this.#keepLogs()
    const lines = [...new Set(this.#kept)].filter(isError)
    this.#kept = []
    this.#judgedAt = new Date().toISOString()
    const restarts = await this.restarts()
    return [...lines.filter((line) => !expected.some((pattern) => pattern.test(line))), ...restarts]
  }

  async #keepLogs(): Promise<void> {
    for (const { metadata } of await this.pods()) {
      for (const previous of [[], ['--previous']]) {
        const args = ['logs', '-n', OPERATOR_NAMESPACE, metadata.name, `--since-time=${this.#judgedAt}`]
        const log = await this.#kubernetes.kubectl(...args, ...previous).catch(() => '')
        this.#kept.push(...log.split('\n').filter((line) => line !== ''))
      }
    }
  }

  #helm(...args: readonly string[]): Promise<string> {
    return this.#kubernetes.command('helm', [...args, '-n', OPERATOR_NAMESPACE], { timeoutMs: HELM_MS })
  }
}

export function namespaceOf(name: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
  }
}

export function isReady(pod: KubeObject): boolean {
  const { conditions = [] } = (pod['status'] ?? {}) as { conditions?: { type: string; status: string }[] }
  return (
    pod.metadata.deletionTimestamp === undefined &&
    conditions.some(({ type, status }) => type === 'Ready' && status === 'True')
  )
}

/** Containers of a pod that were started more than once. */
export function restartsOf(pod: KubeObject): string[] {
  const { containerStatuses = [] } = (pod['status'] ?? {}) as {
    containerStatuses?: { name: string; restartCount: number; lastState?: unknown }[]
  }
  return containerStatuses
    .filter(({ restartCount }) => restartCount > 0)
    .map(
      ({ restartCount, lastState }) =>
        `${pod.metadata.name} was started again ${restartCount} times: ${JSON.stringify(lastState)}`,
    )
}

function isError(line: string): boolean {
  try {
    const { level } = JSON.parse(line) as { level?: number | string }
    return typeof level === 'number' ? level >= 50 : level === 'error' || level === 'fatal'
  } catch {
    // Not a line of the log: what Node itself says when it dies, or the kubelet of a log that is gone with its container.
    return !/^\s*$|^unable to retrieve container logs/.test(line)
  }
}
