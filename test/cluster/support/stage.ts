import { setTimeout as delay } from 'node:timers/promises'
import { KINDS } from '../../../src/operator/kinds.ts'
import { type Component, clientServices, selectorLabels, serverName } from '../../../src/operator/names.ts'
import type { KubeObject } from '../../../src/ports/kubernetes.ts'
import { type Entrance, until } from '../../support/load.ts'
import { isReady, namespaceOf, restartsOf } from './chart.ts'
import { ServerFiles } from './files.ts'
import { ClusterKeys } from './keys.ts'
import type { Kubernetes } from './kubernetes.ts'
import { type Listed, type RefDoor, RefList } from './ref-list.ts'

export const CLUSTER = 'demo'
const READY_MS = 90_000
const GONE_MS = 90_000

export interface Condition {
  readonly type: string
  readonly status: string
  readonly reason: string
  readonly message: string
  readonly observedGeneration?: number
}

export interface StageOptions {
  readonly name?: string
  /** What every spec has that is applied here, besides its own. */
  readonly spec?: object
}

/** One MessagingCluster in a namespace of its own, in which only restricted pods are let in. */
export class Stage {
  readonly kubernetes: Kubernetes
  readonly namespace: string
  readonly name: string
  readonly files: ServerFiles
  readonly #refList: RefList
  readonly #spec: object
  #keys: ClusterKeys | undefined

  constructor(kubernetes: Kubernetes, namespace: string, { name = CLUSTER, spec = {} }: StageOptions = {}) {
    this.kubernetes = kubernetes
    this.namespace = namespace
    this.name = name
    this.#spec = spec
    this.files = new ServerFiles(kubernetes, namespace)
    this.#refList = new RefList(kubernetes.env, namespace, () => this.#refDoor())
  }

  /** What an earlier run left in the namespace is removed first. */
  static async build(
    kubernetes: Kubernetes,
    namespace: string,
    spec: object = {},
    options: StageOptions = {},
  ): Promise<Stage> {
    const stage = new Stage(kubernetes, namespace, options)
    await stage.remove()
    await stage.begin()
    await stage.apply(spec)
    return stage
  }

  /** Makes the namespace. */
  begin(): Promise<string> {
    return this.kubernetes.apply(namespaceOf(this.namespace))
  }

  /** Applies the resource with this spec, as a person does. Where Services are reached by nodes alone, so that they are. */
  apply(spec: object): Promise<string> {
    const { apiVersion, kind } = KINDS.messagingCluster
    const byNodes = this.kubernetes.reachesServices ? {} : { service: { type: 'NodePort' } }
    return this.kubernetes.apply({
      apiVersion,
      kind,
      metadata: { name: this.name, namespace: this.namespace },
      spec: { ...byNodes, ...this.#spec, ...spec },
    })
  }

  /** Merges this into the spec. */
  patch(spec: object): Promise<string> {
    const args = ['patch', 'messagingcluster', this.name, '-n', this.namespace, '--type=merge', '-p']
    return this.kubernetes.kubectl(...args, JSON.stringify({ spec }))
  }

  async annotate(key: string, value: string): Promise<void> {
    const args = ['annotate', 'mc', this.name, '-n', this.namespace, '--overwrite', `${key}=${value}`]
    await this.kubernetes.kubectl(...args)
  }

  async scale(replicas: number): Promise<void> {
    await this.kubernetes.kubectl('scale', `mc/${this.name}`, '-n', this.namespace, `--replicas=${replicas}`)
  }

  resource(): Promise<KubeObject | undefined> {
    return this.kubernetes.get(KINDS.messagingCluster, this.namespace, this.name)
  }

  /** A condition that speaks of the newest spec. */
  async condition(type: string): Promise<Condition | undefined> {
    const resource = await this.resource()
    const { conditions = [], observedGeneration } = statusOf(resource)
    if (observedGeneration !== resource?.metadata.generation) return undefined
    return conditions.find((each) => each.type === type)
  }

  /** Waits until the operator says so of the newest spec. @throws Error with what it says instead */
  async ready(deadlineMs = READY_MS): Promise<void> {
    await this.untilCondition('Ready', 'True', deadlineMs)
  }

  async untilCondition(
    type: string,
    status: string,
    deadlineMs = READY_MS,
    reason?: string,
  ): Promise<Condition> {
    let found: Condition | undefined
    await until(deadlineMs, async () => {
      const condition = await this.condition(type)
      if (condition?.status !== status || (reason !== undefined && condition.reason !== reason)) {
        return `${type} is ${condition === undefined ? 'not there' : `${condition.status}: ${condition.reason}: ${condition.message}`}`
      }
      found = condition
      return true
    })
    return found as Condition
  }

  /** Waits until nothing is under way any more: ready, every pod as the spec asks, every server caught up. */
  async settled(deadlineMs = READY_MS): Promise<void> {
    await until(deadlineMs, async () => {
      const resource = await this.resource()
      const { conditions = [], observedGeneration } = statusOf(resource)
      if (observedGeneration !== resource?.metadata.generation) return 'the newest spec is not observed'
      const wrong = [
        ['Ready', 'True'],
        ['Progressing', 'False'],
        ['Degraded', 'False'],
      ].flatMap(([type, status]) => {
        const { status: is, reason, message } = conditions.find((each) => each.type === type) ?? {}
        return is === status ? [] : [`${type} is ${is}: ${reason}: ${message}`]
      })
      return wrong.length === 0 || wrong.join('; ')
    })
  }

  pods(component: Component): Promise<KubeObject[]> {
    const labels = Object.entries(selectorLabels(this.name, component)).map(
      ([key, value]) => `${key}=${value}`,
    )
    return this.kubernetes.list(KINDS.pod, this.namespace, labels.join(','))
  }

  server(ordinal: number): string {
    return serverName(this.name, ordinal)
  }

  async serverNames(): Promise<string[]> {
    return (await this.pods('server')).map(({ metadata }) => metadata.name).toSorted()
  }

  /** A pod's node, its address and its container's id. */
  async placeOf(pod: string): Promise<{ node: string; ip: string; container: string }> {
    const found = await this.kubernetes.get(KINDS.pod, this.namespace, pod)
    if (found === undefined) throw new Error(`There is no pod ${pod}`)
    const { podIP = '', containerStatuses = [] } = (found['status'] ?? {}) as {
      podIP?: string
      containerStatuses?: { containerID?: string }[]
    }
    const { nodeName = '' } = (found['spec'] ?? {}) as { nodeName?: string }
    const container = containerStatuses[0]?.containerID?.replace('containerd://', '') ?? ''
    return { node: nodeName, ip: podIP, container }
  }

  /** Deletes pods at once, as `kubectl delete pod` does, and waits for none. */
  async delete(...pods: readonly string[]): Promise<void> {
    await this.kubernetes.kubectl('delete', 'pod', '-n', this.namespace, '--wait=false', ...pods)
  }

  /** Deletes pods and waits until others of these names, or as many of their kind, are ready. */
  async replace(component: Component, pods: readonly string[], deadlineMs = READY_MS): Promise<void> {
    const before = await this.pods(component)
    const uids = new Set(
      before.filter(({ metadata }) => pods.includes(metadata.name)).map(({ metadata }) => metadata.uid),
    )
    await this.delete(...pods)
    await this.succeeded(component, uids, before.length, deadlineMs)
  }

  /** Waits until so many of a component's pods are ready, and none of these is left. */
  async succeeded(
    component: Component,
    former: ReadonlySet<string | undefined>,
    count: number,
    deadlineMs = READY_MS,
  ): Promise<void> {
    await until(deadlineMs, async () => {
      const pods = await this.pods(component)
      const ready = pods.filter((pod) => isReady(pod) && !former.has(pod.metadata.uid))
      return ready.length >= count || `${ready.length} of ${count} ${component} pods are ready`
    })
  }

  async uidOf(pod: string): Promise<string | undefined> {
    return (await this.kubernetes.get(KINDS.pod, this.namespace, pod))?.metadata.uid
  }

  /** Ref's own list, asked in its pod. */
  async list(): Promise<readonly Listed[]> {
    const ref = (await this.pods('ref')).find(isReady)
    if (ref === undefined) throw new Error('No ref is ready')
    return this.#refList.servers(ref.metadata.name)
  }

  /** Where clients outside of Kubernetes, on this machine, find the Services, and the keys that they need in secured mode. */
  async entrance(): Promise<Entrance> {
    const { requests, publications } = clientServices(this.name)
    const keys = await this.keys()
    return {
      brokerAddress: await this.#address(requests),
      proxyAddress: await this.#address(publications),
      ...(keys !== undefined && { keysDir: await keys.clientFolder() }),
    }
  }

  /** The keys of a cluster in secured mode; undefined in open mode. */
  async keys(): Promise<ClusterKeys | undefined> {
    const { security } = ((await this.resource())?.['spec'] ?? {}) as { security?: { mode?: string } }
    if (security?.mode !== 'secured') return undefined
    this.#keys ??= new ClusterKeys(this.kubernetes, this.namespace, this.name)
    return this.#keys
  }

  async #refDoor(): Promise<RefDoor> {
    const keys = await this.keys()
    return keys === undefined ? { port: 5559, keys: {} } : { port: 5562, keys: await keys.operatorCurve() }
  }

  async #address(service: string): Promise<string> {
    const found = await this.kubernetes.get(KINDS.service, this.namespace, service)
    const {
      type,
      clusterIP,
      ports = [],
    } = (found?.['spec'] ?? {}) as {
      type?: string
      clusterIP?: string
      ports?: { port: number; nodePort?: number }[]
    }
    if (clusterIP === undefined) throw new Error(`There is no Service ${service}`)
    const [port] = ports
    if (type === 'NodePort') return `tcp://${await this.kubernetes.nodeAddress()}:${port?.nodePort}`
    return `tcp://${clusterIP}:${port?.port}`
  }

  /** Containers that died: nothing but a node's end should make one. */
  async restarts(): Promise<string[]> {
    return (await this.kubernetes.list(KINDS.pod, this.namespace)).flatMap(restartsOf)
  }

  /** The last lines of all pods' logs, for a person who looks at what went wrong. */
  async story(lines = 30): Promise<string> {
    const parts = [
      await this.kubernetes.kubectl('get', 'pods,events', '-n', this.namespace, '-o', 'wide'),
      await this.kubernetes.kubectl('get', 'mc', '-n', this.namespace, '-o', 'yaml').catch(String),
    ]
    for (const pod of await this.kubernetes.list(KINDS.pod, this.namespace)) {
      const { name } = pod.metadata
      const args = ['logs', '-n', this.namespace, name, `--tail=${lines}`]
      parts.push(`== ${name}\n${await this.kubernetes.kubectl(...args).catch(String)}`)
      // What a container said that died tells why.
      if (restartsOf(pod).length > 0)
        parts.push(
          `== ${name}, before\n${await this.kubernetes.kubectl(...args, '--previous').catch(String)}`,
        )
    }
    return parts.join('\n')
  }

  /** Ends what asks ref, and forgets the keys. */
  close(): void {
    this.#refList.close()
    this.#keys?.close()
    this.#keys = undefined
  }

  /** The resource, its namespace and its volumes. */
  async remove(): Promise<void> {
    this.close()
    await this.kubernetes.kubectl('delete', 'namespace', this.namespace, '--ignore-not-found', '--wait=false')
    await until(GONE_MS, async () => {
      const found = await this.kubernetes.kubectl('get', 'namespace', this.namespace, '--ignore-not-found')
      return found === '' || `namespace ${this.namespace} is still there`
    })
  }

  /** Lets the load go on. */
  static lasting(seconds: number): Promise<void> {
    return delay(seconds * 1000)
  }
}

function statusOf(resource: KubeObject | undefined): {
  conditions?: readonly Condition[]
  observedGeneration?: number
} {
  return resource?.['status'] ?? {}
}
