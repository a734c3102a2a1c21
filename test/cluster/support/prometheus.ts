import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { KINDS } from '../../../src/operator/kinds.ts'
import type { KubeObject, ResourceKind } from '../../../src/ports/kubernetes.ts'
import { until } from '../../support/load.ts'
import { freePorts } from '../../support/ports.ts'
import type { Kubernetes } from './kubernetes.ts'

const READY_MS = 30_000
const DISCOVERY_MS = 2000
const REQUEST_MS = 5000

/** The least definitions of the kinds that Prometheus' operator brings. */
export const MONITORING_DEFINITIONS: readonly object[] = [
  KINDS.podMonitor,
  KINDS.serviceMonitor,
  KINDS.prometheusRule,
].map(definitionOf)

export interface FiringAlert {
  readonly labels: Readonly<Record<string, string>>
  readonly state: 'pending' | 'firing'
}

/**
 * A Prometheus on this machine whose rules come from Kubernetes, and whose targets are the pods that the monitors there select.
 * Debian's is built without discovery in Kubernetes: so they are looked up here, and given to it by files, every 2 s.
 */
export class Prometheus {
  readonly #process: ChildProcess
  readonly #folder: string
  readonly #base: string
  readonly #discovery: NodeJS.Timeout

  private constructor(process: ChildProcess, folder: string, base: string, discovery: NodeJS.Timeout) {
    this.#process = process
    this.#folder = folder
    this.#base = base
    this.#discovery = discovery
  }

  /** Of all monitors and rules in these namespaces. */
  static async start(kubernetes: Kubernetes, namespaces: readonly string[]): Promise<Prometheus> {
    const folder = mkdtempSync(join(tmpdir(), 'recado-prometheus-'))
    const all = (kind: ResourceKind): Promise<KubeObject[]> =>
      Promise.all(namespaces.map((namespace) => kubernetes.list(kind, namespace))).then((lists) =>
        lists.flat(),
      )
    const monitors = [...(await all(KINDS.podMonitor)), ...(await all(KINDS.serviceMonitor))]
    const discover = async (): Promise<void> => {
      for (const monitor of monitors) {
        const path = join(folder, fileOf(monitor))
        writeFileSync(`${path}.new`, JSON.stringify(await targetsOf(kubernetes, monitor)))
        renameSync(`${path}.new`, path)
      }
    }
    await discover()
    const groups = (await all(KINDS.prometheusRule)).flatMap(({ metadata, spec }) =>
      (spec as { groups: { name: string }[] }).groups.map((group) => ({
        ...group,
        name: `${metadata.namespace}/${group.name}`,
      })),
    )
    writeFileSync(join(folder, 'rules.yml'), stringify({ groups }))
    writeFileSync(
      join(folder, 'prometheus.yml'),
      stringify({
        global: { scrape_interval: '5s', evaluation_interval: '5s' },
        rule_files: ['rules.yml'],
        scrape_configs: monitors.map(jobOf),
      }),
    )
    const [port = 0] = await freePorts(1)
    const child = spawn(
      'prometheus',
      [
        `--config.file=${join(folder, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(folder, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
        '--log.level=warn',
      ],
      { stdio: ['ignore', 'inherit', 'inherit'] },
    )
    // What cannot be looked up now stays as it was.
    const discovery = setInterval(() => void discover().catch(() => {}), DISCOVERY_MS)
    const prometheus = new Prometheus(child, folder, `http://127.0.0.1:${port}`, discovery)
    try {
      await until(READY_MS, () => prometheus.#state())
    } catch (error) {
      prometheus.close()
      throw error
    }
    return prometheus
  }

  /** The pods that were scraped with success, by namespace and name. */
  async up(): Promise<string[]> {
    const { data } = (await this.#get('/api/v1/targets?state=active')) as {
      data: { activeTargets: { health: string; labels: Record<string, string> }[] }
    }
    return data.activeTargets
      .filter(({ health }) => health === 'up')
      .map(({ labels }) => `${labels['namespace']}/${labels['pod']}`)
      .toSorted()
  }

  async alerts(): Promise<FiringAlert[]> {
    const { data } = (await this.#get('/api/v1/alerts')) as { data: { alerts: FiringAlert[] } }
    return data.alerts
  }

  /** Names of the alerts that fire. */
  async firing(): Promise<string[]> {
    const alerts = await this.alerts()
    return alerts.filter(({ state }) => state === 'firing').map(({ labels }) => labels['alertname'] ?? '')
  }

  close(): void {
    clearInterval(this.#discovery)
    const forget = (): void => rmSync(this.#folder, { recursive: true, force: true })
    if (hasEnded(this.#process)) return forget()
    this.#process.once('exit', forget)
    this.#process.kill()
  }

  /** True when it is ready. @throws Error when it has ended */
  async #state(): Promise<true | string> {
    if (hasEnded(this.#process)) throw new Error(`Prometheus ended with ${this.#process.exitCode}`)
    return this.#fetch('/-/ready').then(
      ({ ok }) => ok || 'it is not ready',
      (error: unknown) => String(error),
    )
  }

  #fetch(path: string): Promise<Response> {
    return fetch(`${this.#base}${path}`, { signal: AbortSignal.timeout(REQUEST_MS) })
  }

  async #get(path: string): Promise<unknown> {
    const response = await this.#fetch(path)
    if (!response.ok) throw new Error(`Prometheus answered ${response.status} to ${path}`)
    return response.json()
  }
}

interface Monitor {
  readonly selector: { readonly matchLabels: Readonly<Record<string, string>> }
  readonly podMetricsEndpoints?: readonly Endpoint[]
  readonly endpoints?: readonly Endpoint[]
}

interface Endpoint {
  readonly port: string
  readonly path?: string
  readonly interval?: string
}

function endpointOf({ spec }: KubeObject): Endpoint {
  const { podMetricsEndpoints, endpoints } = spec as Monitor
  const [endpoint] = podMetricsEndpoints ?? endpoints ?? []
  if (endpoint === undefined) throw new Error('A monitor names no endpoint')
  return endpoint
}

function fileOf({ kind, metadata }: KubeObject): string {
  return `${kind}-${metadata.namespace}-${metadata.name}.json`
}

function jobOf(monitor: KubeObject): object {
  const { path = '/metrics', interval } = endpointOf(monitor)
  return {
    job_name: fileOf(monitor),
    metrics_path: path,
    ...(interval !== undefined && { scrape_interval: interval, scrape_timeout: '4s' }),
    file_sd_configs: [{ files: [fileOf(monitor)], refresh_interval: '2s' }],
  }
}

/** The pods that a monitor selects, itself or by a Service, labelled as Prometheus' operator has them labelled. */
async function targetsOf(kubernetes: Kubernetes, monitor: KubeObject): Promise<object[]> {
  const { namespace = '', name } = monitor.metadata
  const { selector } = monitor['spec'] as Monitor
  const isService = monitor.kind === KINDS.serviceMonitor.kind
  const selected = await kubernetes.list(
    isService ? KINDS.service : KINDS.pod,
    namespace,
    textOf(selector.matchLabels),
  )
  const groups = isService
    ? await Promise.all(
        selected.map(async (service) => {
          const { selector: labels } = service['spec'] as { selector: Record<string, string> }
          return [service.metadata.name, await kubernetes.list(KINDS.pod, namespace, textOf(labels))] as const
        }),
      )
    : [[`${namespace}/${name}`, selected] as const]
  const { port } = endpointOf(monitor)
  return groups.flatMap(([job, pods]) => pods.flatMap((pod) => targetOf(pod, port, job, isService)))
}

/** A pod's container that has a port of this name. */
function targetOf(pod: KubeObject, port: string, job: string, isService: boolean): object[] {
  const { podIP, phase } = (pod['status'] ?? {}) as { podIP?: string; phase?: string }
  const { containers } = pod['spec'] as {
    containers: { name: string; ports?: { name: string; containerPort: number }[] }[]
  }
  if (podIP === undefined || phase === 'Failed' || phase === 'Succeeded') return []
  const { namespace = '', name } = pod.metadata
  return containers.flatMap((container) => {
    const found = container.ports?.find((each) => each.name === port)
    if (found === undefined) return []
    const labels = {
      job,
      namespace,
      pod: name,
      container: container.name,
      ...(isService && { service: job }),
    }
    return [{ targets: [`${podIP}:${found.containerPort}`], labels }]
  })
}

function textOf(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',')
}

function definitionOf({ apiVersion, kind, plural }: ResourceKind): object {
  const [group, version] = apiVersion.split('/')
  return {
    apiVersion: KINDS.definition.apiVersion,
    kind: KINDS.definition.kind,
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind, listKind: `${kind}List`, plural, singular: kind.toLowerCase() },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
        },
      ],
    },
  }
}

function hasEnded({ exitCode, signalCode, pid }: ChildProcess): boolean {
  return pid === undefined || exitCode !== null || signalCode !== null
}
