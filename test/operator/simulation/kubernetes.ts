import { KINDS } from '../../../src/operator/kinds.ts'
import { selectorLabels } from '../../../src/operator/names.ts'
import { formatTimestamp } from '../../../src/operator/timestamps.ts'
import type { Pass } from '../../../src/ports/index.ts'
import { Ref } from '../../../src/ref/index.ts'
import { quietLog, quietMetrics } from '../../support/quiet.ts'
import { type ApiServer, EPOCH_MS, type Json, revisionOf } from './api-server.ts'
import { keysIn, Mounts, publicKey } from './mounts.ts'
import { type Disk, emptyDisk, ServerProcess, type Servers } from './servers.ts'
import type { World } from './world.ts'

const CLUSTER = 'talk/chat'

interface RunningRef {
  readonly ref: Ref
  readonly ip: string
  readonly uid: string
  alive: boolean
  /** Whether the operator may connect to this address of it and be heard. */
  admits(address: string, pass: Pass | undefined): boolean
}

/** Controllers, scheduler and kubelets: they make pods of what the operator applied, and processes of pods. */
export class SimulatedKubernetes {
  readonly refs = new Map<string, RunningRef>()
  readonly mounts: Mounts
  readonly #world: World
  readonly #server: ApiServer
  readonly #servers: Servers
  readonly #disks = new Map<string, Disk>()
  readonly #started = new Set<string>()
  #ips = 0

  constructor(world: World, server: ApiServer, servers: Servers) {
    this.#world = world
    this.#server = server
    this.#servers = servers
    this.mounts = new Mounts(world, server)
    const timers = world.time.process()
    timers.every(150, () => this.#control())
    timers.every(1000, () => this.#probe())
    timers.every(500, () => this.#heartbeats())
  }

  pods(component: string): Json[] {
    return this.#server.list(KINDS.pod, selectorLabels('chat', component as 'server'))
  }

  /** Begins a pod's end; it is over after some of its grace. */
  terminate(name: string): void {
    const pod = this.#server.get(KINDS.pod, name)
    if (pod === undefined || pod.metadata.deletionTimestamp !== undefined) return
    const deletionTimestamp = formatTimestamp(EPOCH_MS + this.#world.time.now + 30_000)
    this.#server.change(KINDS.pod, name, (each) => ({
      ...each,
      metadata: { ...each.metadata, deletionTimestamp },
    }))
    this.#world.later(100, 2500, () => this.#end(pod))
  }

  /** Loses a pod without any grace, as when its node's power goes. */
  kill(name: string): void {
    const pod = this.#server.get(KINDS.pod, name)
    if (pod !== undefined) this.#end(pod)
  }

  orphan(name: string): void {
    this.#world.later(50, 500, () => this.#server.remove(KINDS.statefulSet, name))
  }

  deleteClaim(name: string): void {
    this.#server.change(KINDS.volumeClaim, name, (claim) => ({
      ...claim,
      metadata: { ...claim.metadata, deletionTimestamp: this.#server.now() },
    }))
  }

  /** The volume's contents, and with them what a server was. */
  disk(claim: Json): Disk {
    const known = this.#disks.get(claim.metadata.uid)
    if (known !== undefined) return known
    const disk = emptyDisk()
    this.#disks.set(claim.metadata.uid, disk)
    return disk
  }

  #end(pod: Json): void {
    const { name, uid } = pod.metadata
    if (this.#server.get(KINDS.pod, name)?.metadata.uid !== uid) return
    const process = this.#servers.processes.get(uid)
    if (process !== undefined) process.alive = false
    this.#servers.processes.delete(uid)
    const ref = this.refs.get(uid)
    ref?.ref.stop()
    if (ref !== undefined) ref.alive = false
    this.refs.delete(uid)
    this.#server.remove(KINDS.pod, name)
  }

  #control(): void {
    for (const set of this.#server.list(KINDS.statefulSet)) this.#controlSet(set)
    for (const deployment of this.#server.list(KINDS.deployment)) this.#controlDeployment(deployment)
    this.#collectClaims()
    for (const pod of this.#server.list(KINDS.pod)) if (!this.#started.has(pod.metadata.uid)) this.#start(pod)
  }

  #controlSet(set: Json): void {
    if (set.metadata.deletionTimestamp !== undefined) return
    const updateRevision = revisionOf(set.spec.template)
    for (let ordinal = 0; ordinal < set.spec.replicas; ordinal++) {
      const name = `${set.metadata.name}-${ordinal}`
      const claim = this.#server.get(KINDS.volumeClaim, `data-${name}`)
      if (claim === undefined) this.#makeClaim(`data-${name}`, set)
      if (this.#server.get(KINDS.pod, name) === undefined) this.#makePod(name, set, updateRevision)
    }
    for (const pod of this.pods('server')) {
      const ordinal = Number(pod.metadata.name.slice(set.metadata.name.length + 1))
      if (ordinal >= set.spec.replicas) this.terminate(pod.metadata.name)
    }
    const pods = this.pods('server')
    this.#server.put({
      ...this.#server.get(KINDS.statefulSet, set.metadata.name),
      status: { observedGeneration: set.metadata.generation, updateRevision, replicas: pods.length },
    })
  }

  #controlDeployment(deployment: Json): void {
    const component = deployment.spec.selector.matchLabels['app.kubernetes.io/component']
    const hash = revisionOf(deployment.spec.template)
    const pods = this.pods(component)
    const current = pods.filter(({ metadata }) => metadata.labels['controller-revision-hash'] === hash)
    for (const pod of pods) {
      if (current.includes(pod)) continue
      // One after another, the next when nobody is missing; but those of no use at once.
      if (component === 'ref' || !isReady(pod) || pods.every(isReady)) {
        this.terminate(pod.metadata.name)
        break
      }
    }
    const missing = deployment.spec.replicas - pods.length
    for (let count = 0; count < missing; count++) {
      this.#makePod(
        `${deployment.metadata.name}-${Math.floor(this.#world.chance.next() * 1e9)}`,
        deployment,
        hash,
      )
    }
    const ready = this.pods(component).filter(isReady)
    this.#server.put({
      ...this.#server.get(KINDS.deployment, deployment.metadata.name),
      status: {
        observedGeneration: deployment.metadata.generation,
        replicas: pods.length,
        readyReplicas: ready.length,
        updatedReplicas: current.length,
      },
    })
  }

  #makePod(name: string, workload: Json, revision: string): void {
    const { template } = workload.spec
    this.#server.put({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, labels: { ...template.metadata.labels, 'controller-revision-hash': revision } },
      spec: { ...template.spec, nodeName: '' },
      status: { phase: 'Pending', conditions: [this.#condition('Ready', 'False')] },
    })
  }

  #makeClaim(name: string, set: Json): void {
    const [template] = set.spec.volumeClaimTemplates
    this.#server.put({
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name, labels: template.metadata.labels },
      spec: template.spec,
      status: { phase: 'Bound' },
    })
  }

  /** A claim that is being deleted stays as long as a pod uses it. */
  #collectClaims(): void {
    for (const { metadata } of this.#server.list(KINDS.volumeClaim)) {
      const pod = metadata.name.slice('data-'.length)
      if (metadata.deletionTimestamp !== undefined && this.#server.get(KINDS.pod, pod) === undefined) {
        this.#server.remove(KINDS.volumeClaim, metadata.name)
      }
    }
  }

  #start(pod: Json): void {
    const { name, uid, labels } = pod.metadata
    const component = labels['app.kubernetes.io/component']
    const claim = this.#server.get(KINDS.volumeClaim, `data-${name}`)
    if (component === 'server' && (claim === undefined || claim.metadata.deletionTimestamp !== undefined))
      return
    if (!this.mounts.mount(pod)) return
    this.#started.add(uid)
    this.#world.later(300, 2500, () => {
      if (this.#server.get(KINDS.pod, name)?.metadata.uid !== uid) return
      const isGood = !pod.spec.containers[0].image.endsWith(':bad')
      if (isGood) this.#run(pod, component)
      this.#server.change(KINDS.pod, name, (each) => ({
        ...each,
        spec: { ...each.spec, nodeName: 'node-1' },
        status: {
          ...each.status,
          podIP: `10.0.0.${++this.#ips}`,
          phase: isGood ? 'Running' : 'Pending',
          containerStatuses: [
            isGood
              ? { name: component, restartCount: 0, state: { running: {} } }
              : {
                  name: component,
                  restartCount: 0,
                  state: { waiting: { reason: 'ImagePullBackOff', message: 'no such image' } },
                },
          ],
        },
      }))
      if (isGood && component === 'ref') this.#runRef(name, uid, `10.0.0.${this.#ips}`)
    })
  }

  #run(pod: Json, component: string): void {
    const { name, uid } = pod.metadata
    if (component !== 'server') return
    const disk = this.disk(this.#server.get(KINDS.volumeClaim, `data-${name}`))
    this.#servers.processes.set(uid, new ServerProcess(this.#world, name, uid, disk))
  }

  #runRef(name: string, uid: string, ip: string): void {
    let bytes: Uint8Array | undefined
    const time = this.#world.time.process()
    const ref = new Ref({
      cluster: CLUSTER,
      name,
      keyGeneration: () => this.mounts.generation(uid),
      servers: [],
      file: { read: () => bytes, write: (next) => (bytes = next) },
      time,
      timers: time,
      log: quietLog,
      metrics: quietMetrics,
    })
    ref.start()
    const admits = (address: string, pass: Pass | undefined): boolean => {
      const files = this.mounts.of(uid)
      if (files === undefined) return address === `tcp://${ip}:5559`
      if (address !== `tcp://${ip}:5562` || pass === undefined) return false
      const isAdmitted = keysIn(files, 'operator.keys').includes(pass.pair.publicKey)
      return isAdmitted && pass.trusted.includes(publicKey(files, 'back'))
    }
    this.refs.set(uid, { ref, ip, uid, alive: true, admits })
  }

  #heartbeats(): void {
    for (const component of ['broker', 'proxy']) {
      for (const pod of this.pods(component)) this.#forwarderHeartbeat(pod, component)
    }
    for (const process of this.#servers.live) {
      for (const running of this.refs.values()) this.#heartbeat(process, running)
    }
  }

  /** In secured mode these are of interest too: they tell what they have read. */
  #forwarderHeartbeat({ metadata: { name, uid }, status }: Json, role: string): void {
    const keys = this.mounts.generation(uid)
    if (keys === undefined || status.containerStatuses === undefined) return
    for (const running of this.refs.values()) {
      if (!this.#expectMeeting(uid, running, 'forwarder.keys', name)) continue
      const address = `tcp://${name}:5556`
      try {
        running.ref.serveHeartbeat({ cluster: CLUSTER, name, role, uid, address, incarnation: 1, keys })
      } catch {
        // A pod that ref does not know of yet.
      }
    }
  }

  #expectMeeting(uid: string, running: RunningRef, list: string, name: string): boolean {
    const meets = this.mounts.meets(uid, running.uid, list)
    this.#world.expect(meets, `${name} and ref do not take each other's keys`)
    return meets
  }

  #heartbeat(process: ServerProcess, running: RunningRef): void {
    const world = this.#world
    if (!this.#expectMeeting(process.uid, running, 'server.keys', process.name)) return
    if (world.odds(0.02)) return
    world.later(1, 30, () => {
      if (!running.alive || !process.alive) return
      const keys = this.mounts.generation(process.uid)
      const data = {
        ...process.heartbeat(CLUSTER, this.#servers.coordinator),
        ...(keys !== undefined && { keys }),
      }
      try {
        const reply = running.ref.serveHeartbeat(data)
        const kept = structuredClone(reply)
        world.later(1, 30, () => process.told(world, kept as never))
      } catch {
        // A newer process of this name is known, or ref does not know enough: as on the wire, nothing follows.
      }
    })
  }

  /** Kubelets look at the probes. */
  #probe(): void {
    for (const pod of this.#server.list(KINDS.pod)) {
      const { uid, name, labels } = pod.metadata
      const component = labels['app.kubernetes.io/component']
      const process = this.#servers.processes.get(uid)
      const runs = pod.status.containerStatuses?.[0]?.state.running !== undefined
      const ready =
        runs && (component === 'server' ? process !== undefined && this.#servers.isReady(process) : true)
      if (ready === isReady(pod)) continue
      this.#server.change(KINDS.pod, name, (each) => ({
        ...each,
        status: { ...each.status, conditions: [this.#condition('Ready', ready ? 'True' : 'False')] },
      }))
    }
  }

  #condition(type: string, status: string): Json {
    return { type, status, lastTransitionTime: this.#server.now() }
  }
}

export function isReady(pod: Json): boolean {
  return (
    pod.status?.conditions?.some((each: Json) => each.type === 'Ready' && each.status === 'True') === true
  )
}
