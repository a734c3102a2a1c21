import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { KINDS } from '../../../src/operator/kinds.ts'
import type { KubeObject, ResourceKind } from '../../../src/ports/kubernetes.ts'
import { until } from '../../support/load.ts'
import type { Kubernetes } from './kubernetes.ts'

const READY_MS = 30_000

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

/** A Prometheus on this machine whose targets and rules come from monitors and rules in Kubernetes, as its operator makes them. */
export class Prometheus {
  readonly #process: ChildProcess
  readonly #folder: string
  readonly #base: string

  private constructor(process: ChildProcess, folder: string, base: string) {
    this.#process = process
    this.#folder = folder
    this.#base = base
  }

  /** Of all monitors and rules in these namespaces. */
  static async start(kubernetes: Kubernetes, namespaces: readonly string[]): Promise<Prometheus> {
    const folder = mkdtempSync(join(tmpdir(), 'recado-prometheus-'))
    const all = (kind: ResourceKind): Promise<KubeObject[]> =>
      Promise.all(namespaces.map((namespace) => kubernetes.list(kind, namespace))).then((lists) =>
        lists.flat(),
      )
    const jobs = [
      ...(await all(KINDS.podMonitor)).map((monitor) => jobOf(monitor, 'pod', kubernetes.kubeconfig)),
      ...(await all(KINDS.serviceMonitor)).map((monitor) =>
        jobOf(monitor, 'endpoints', kubernetes.kubeconfig),
      ),
    ]
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
        scrape_configs: jobs,
      }),
    )
    const port = await freePort()
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
    const prometheus = new Prometheus(child, folder, `http://127.0.0.1:${port}`)
    await until(READY_MS, async () => {
      if (child.exitCode !== null) throw new Error(`Prometheus ended with ${child.exitCode}`)
      return fetch(`${prometheus.#base}/-/ready`).then(
        ({ ok }) => ok || 'it is not ready',
        (error: unknown) => String(error),
      )
    })
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
    this.#process.kill()
    this.#process.once('exit', () => rmSync(this.#folder, { recursive: true, force: true }))
  }

  async #get(path: string): Promise<unknown> {
    const response = await fetch(`${this.#base}${path}`)
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

/** A monitor's targets as Prometheus' operator configures them. */
function jobOf({ metadata, spec }: KubeObject, role: 'pod' | 'endpoints', kubeconfig: string): object {
  const { selector, podMetricsEndpoints, endpoints } = spec as Monitor
  const [{ port, path = '/metrics', interval }] = (podMetricsEndpoints ?? endpoints ?? []) as [Endpoint]
  const of = role === 'pod' ? 'pod' : 'service'
  const portLabel =
    role === 'pod' ? '__meta_kubernetes_pod_container_port_name' : '__meta_kubernetes_endpoint_port_name'
  const keep = (label: string, regex: string): object => ({ action: 'keep', source_labels: [label], regex })
  const copy = (label: string, target_label: string): object => ({ source_labels: [label], target_label })
  return {
    job_name: `${of}Monitor/${metadata.namespace}/${metadata.name}/0`,
    metrics_path: path,
    ...(interval !== undefined && { scrape_interval: interval, scrape_timeout: '4s' }),
    kubernetes_sd_configs: [
      { role, kubeconfig_file: kubeconfig, namespaces: { names: [metadata.namespace] } },
    ],
    relabel_configs: [
      ...Object.entries(selector.matchLabels).map(([key, value]) =>
        keep(`__meta_kubernetes_${of}_label_${key.replaceAll(/[^a-zA-Z0-9_]/g, '_')}`, value),
      ),
      keep(portLabel, port),
      { action: 'drop', source_labels: ['__meta_kubernetes_pod_phase'], regex: '(Failed|Succeeded)' },
      copy('__meta_kubernetes_namespace', 'namespace'),
      copy('__meta_kubernetes_pod_name', 'pod'),
      copy('__meta_kubernetes_pod_container_name', 'container'),
      ...(role === 'pod'
        ? [{ target_label: 'job', replacement: `${metadata.namespace}/${metadata.name}` }]
        : [copy('__meta_kubernetes_service_name', 'job'), copy('__meta_kubernetes_service_name', 'service')]),
    ],
  }
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

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}
