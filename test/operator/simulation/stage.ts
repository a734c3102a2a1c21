import { KINDS } from '../../../src/operator/kinds.ts'
import { LEAVING_ANNOTATION } from '../../../src/operator/reconcile/observe.ts'
import { ROTATE_ANNOTATION } from '../../../src/operator/security/index.ts'
import type { Voters } from '../../../src/wire/index.ts'
import { testKeyMaker } from '../support/key-maker.ts'
import { ApiServer, type Effects, type Json, revisionOf } from './api-server.ts'
import { isReady, SimulatedKubernetes } from './kubernetes.ts'
import { SimulatedMessaging } from './messaging.ts'
import { SimulatedOperator } from './operator.ts'
import { isMajorityOf, Servers } from './servers.ts'
import type { World } from './world.ts'

const SET = 'chat-server'

/** A cluster with its operator, and the watch over what that operator may never do. */
export class Stage {
  readonly server: ApiServer
  readonly servers: Servers
  readonly kubernetes: SimulatedKubernetes
  readonly messaging: SimulatedMessaging
  readonly world: World
  operator: SimulatedOperator
  readonly #makeKeys = testKeyMaker()
  #term = 1
  #failing = 0
  #isOrphaned = false
  /** Healthy servers that the operator took and that are not ready again. */
  readonly #taken = new Map<string, string>()

  constructor(world: World, spec: Json = {}) {
    this.world = world
    this.messaging = new SimulatedMessaging(world)
    this.server = new ApiServer(world)
    this.servers = new Servers(world)
    this.kubernetes = new SimulatedKubernetes(world, this.server, this.servers)
    this.server.put({
      apiVersion: 'recado.dev/v1alpha1',
      kind: 'MessagingCluster',
      metadata: { name: 'chat' },
      spec: { image: { name: 'example/recado:1' }, ...spec },
    })
    this.operator = this.#startOperator()
    world.time.process().every(100, () => this.#forgetTaken())
  }

  /** How likely each of the operator's requests fails. */
  set failing(odds: number) {
    this.#failing = odds
    this.operator.api.failing = odds
  }

  get resource(): Json {
    return this.server.get(KINDS.messagingCluster, 'chat')
  }

  get set(): Json {
    return this.server.get(KINDS.statefulSet, SET)
  }

  change(spec: Json): void {
    this.world.tell(`spec ${JSON.stringify(spec)}`)
    this.server.change(KINDS.messagingCluster, 'chat', (each) => ({
      ...each,
      spec: { ...each.spec, ...spec },
    }))
  }

  /** Asks for new keys. */
  rotate(asked: string): void {
    this.world.tell(`rotate keys: ${asked}`)
    this.server.change(KINDS.messagingCluster, 'chat', (each) => ({
      ...each,
      metadata: { ...each.metadata, annotations: { [ROTATE_ANNOTATION]: asked } },
    }))
  }

  scale(replicas: number): void {
    this.change({ servers: { ...this.resource.spec.servers, replicas } })
  }

  /** The operator dies; another takes the Lease later. */
  restartOperator(): void {
    if (this.#isOrphaned) return
    this.world.tell('operator dies')
    this.operator.kill()
    this.#isOrphaned = true
    this.world.later(500, 15_000, () => {
      this.#isOrphaned = false
      this.#term++
      this.world.tell(`operator of term ${this.#term}`)
      this.operator = this.#startOperator()
      this.operator.api.failing = this.#failing
    })
  }

  /** What is missing until all is as the resource asks; undefined when nothing is. */
  unsettled(): string | undefined {
    const { set, servers, resource } = this
    const replicas = resource.spec.servers?.replicas ?? 3
    const wanted = Array.from({ length: replicas }, (_, ordinal) => `${SET}-${ordinal}`)
    if (set === undefined) return 'no StatefulSet'
    if (set.spec.replicas !== replicas) return `the StatefulSet has ${set.spec.replicas} replicas`
    const pods = this.kubernetes.pods('server')
    if (pods.length !== replicas) return `${pods.length} pods`
    const revision = revisionOf(set.spec.template)
    for (const pod of pods) {
      if (!isReady(pod)) return `${pod.metadata.name} is not ready`
      if (pod.metadata.labels['controller-revision-hash'] !== revision) return `${pod.metadata.name} is old`
    }
    const names = servers.newest.names.toSorted()
    if (names.join() !== wanted.join()) return `the voters are ${names.join()}`
    const claims = this.server.list(KINDS.volumeClaim)
    if (claims.length !== replicas) return `${claims.length} claims`
    if (claims.some(({ metadata }) => metadata.annotations?.[LEAVING_ANNOTATION] !== undefined))
      return 'a claim is marked'
    const ready = resource.status?.conditions?.find(({ type }: Json) => type === 'Ready')
    const rotation = resource.status?.keys?.rotation
    if (rotation !== undefined) return `keys are rotated: ${rotation}`
    const asked = resource.metadata.annotations?.[ROTATE_ANNOTATION]
    if (asked !== undefined && asked !== resource.status?.keys?.rotated)
      return `keys are to be rotated: ${asked}`
    if (ready?.status !== 'True') return `Ready is ${ready?.status}: ${ready?.message}`
    return resource.status.observedGeneration === resource.metadata.generation ? undefined : 'an old status'
  }

  async settle(seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second++) {
      if (this.unsettled() === undefined) return
      await this.world.run(1000)
    }
    const conditions = (this.resource.status?.conditions ?? []) as Json[]
    const said = conditions.map(
      ({ type, status, reason, message }) => `${type}=${status} ${reason}: ${message}`,
    )
    this.world.expect(false, `not settled in ${seconds} s: ${this.unsettled()}\n  ${said.join('\n  ')}`)
  }

  /** What was acknowledged is where it was promised to be. */
  checkData(): void {
    const { servers, world } = this
    const holders = servers.live.filter(({ disk }) => disk.held >= servers.acknowledged)
    const isKept = isMajorityOf(holders, servers.newest)
    world.expect(isKept, `acknowledged operations are on ${holders.length} disks only`)
  }

  #startOperator(): SimulatedOperator {
    const { world, server, kubernetes } = this
    const effects: Effects = {
      apply: (kind, next, former) => this.#applied(kind.kind, next, former),
      remove: (kind, object, options) => this.#removed(kind.kind, object, options.propagation),
      evict: (object) => this.#evicted(object),
    }
    const image = 'example/recado:operator'
    const makeKeys = this.#makeKeys
    return new SimulatedOperator({
      world,
      server,
      kubernetes,
      effects,
      term: () => this.#term,
      image,
      messaging: this.messaging,
      makeKeys,
    })
  }

  #applied(kind: string, next: Json, former: Json): void {
    if (kind !== 'StatefulSet') return
    this.world.tell(`StatefulSet has ${next.spec.replicas} replicas`)
    for (let ordinal = next.spec.replicas; ordinal < (former?.spec.replicas ?? 0); ordinal++) {
      this.#expectRemoved(`${SET}-${ordinal}`, 'the StatefulSet is scaled under it')
    }
  }

  #removed(kind: string, object: Json, propagation: string | undefined): void {
    const { name } = object.metadata
    if (kind === 'Pod') return this.#take(object)
    if (kind === 'PersistentVolumeClaim') {
      this.#expectRemoved(name.slice('data-'.length), 'its claim is deleted')
      return this.kubernetes.deleteClaim(name)
    }
    if (kind === 'StatefulSet') {
      this.world.expect(propagation === 'Orphan', 'the StatefulSet is deleted with its pods')
      this.server.change(KINDS.statefulSet, name, (each) => ({
        ...each,
        metadata: { ...each.metadata, deletionTimestamp: this.server.now() },
      }))
      return this.kubernetes.orphan(name)
    }
    const found = Object.values(KINDS).find((each) => each.kind === kind)
    if (found !== undefined) this.server.remove(found, name)
  }

  #evicted(pod: Json): 'evicted' | 'blocked' {
    const others = this.kubernetes
      .pods('server')
      .filter(({ metadata }) => metadata.name !== pod.metadata.name)
    const budget = this.server.get(KINDS.budget, SET)
    const missing = others.filter((each) => !isReady(each) || each.metadata.deletionTimestamp !== undefined)
    if (budget !== undefined && missing.length > 0 && isReady(pod)) return 'blocked'
    this.#expectCoordinatorLast(pod)
    this.#take(pod)
    return 'evicted'
  }

  #take(pod: Json): void {
    const { name, uid } = pod.metadata
    const process = this.servers.processes.get(uid)
    const healthy = isReady(pod) && process?.state === 'up' && pod.metadata.deletionTimestamp === undefined
    if (healthy) {
      const away = [...this.#taken.keys()].filter((each) => each !== name)
      this.world.expect(away.length === 0, `${name} is taken while ${away.join()} is away`)
      this.#taken.set(name, uid)
    }
    this.kubernetes.terminate(name)
  }

  #forgetTaken(): void {
    for (const [name, uid] of this.#taken) {
      const pod = this.server.get(KINDS.pod, name)
      const process = this.servers.processes.get(pod?.metadata.uid)
      if (pod !== undefined && pod.metadata.uid !== uid && process?.state === 'up') this.#taken.delete(name)
    }
  }

  #expectRemoved(name: string, what: string): void {
    const { names, epoch, next = [] } = this.servers.newest as Voters & { next?: readonly string[] }
    this.world.expect(![...names, ...next].includes(name), `${name} votes in list ${epoch}, and ${what}`)
  }

  #expectCoordinatorLast(pod: Json): void {
    if (this.servers.coordinator !== pod.metadata.name) return
    const revision = revisionOf(this.set.spec.template)
    const others = this.kubernetes.pods('server').filter((each) => {
      // A removed one goes without being rolled.
      if (Number(each.metadata.name.slice(SET.length + 1)) >= this.set.spec.replicas) return false
      const old = each.metadata.labels['controller-revision-hash'] !== revision
      return each.metadata.name !== pod.metadata.name && old && isReady(each)
    })
    const names = others.map(({ metadata }) => metadata.name)
    this.world.expect(
      others.length === 0,
      `the coordinator ${pod.metadata.name} is rolled before ${names.join()}`,
    )
  }
}
