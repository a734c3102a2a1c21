import { KubeError, type KubeObject, type ObjectKey, type ObjectMeta } from '../../ports/index.ts'
import { RecadoError } from '../../wire/index.ts'
import { type MessagingCluster, parseCluster } from '../api/index.ts'
import { textOf } from '../keys.ts'
import { KINDS } from '../kinds.ts'
import { Membership } from '../membership/index.ts'
import { clusterLabels } from '../names.ts'
import { clientAddresses, isSecured } from '../resources/index.ts'
import { clientPass, HeldKeys } from '../security/index.ts'
import { invalidStatus } from '../status/index.ts'
import { UserKeeper } from '../users/index.ts'
import { observe, observePods, ordinalOf, specReplicas } from './observe.ts'
import type { ClusterMemory, Pass } from './pass.ts'
import { Refusals } from './refusals.ts'
import { refAddresses, reportedPods } from './reports.ts'
import { decideScale, type ScaleFacts, wantedAsItIs } from './scale.ts'
import { STEPS } from './steps.ts'
import { type ReconcileResult, type Reconciler, type ReconcilerOptions } from './types.ts'
import { UserStatuses } from './user-status.ts'
import { usersOf } from './users.ts'
import { writeClusterStatus, writeStatus } from './write-status.ts'

/** One operator's judgement over all clusters. */
export function createReconciler(options: ReconcilerOptions): Reconciler {
  return new ClusterReconciler(options)
}

class ClusterReconciler implements Reconciler {
  readonly #options: ReconcilerOptions
  readonly #memories = new Map<string, ClusterMemory>()
  readonly #userStatuses: UserStatuses
  #isStopped = false

  constructor(options: ReconcilerOptions) {
    this.#options = options
    this.#userStatuses = new UserStatuses(options)
  }

  async reconcile(key: ObjectKey): Promise<ReconcileResult> {
    const { cache } = this.#options
    if (this.#isStopped) return {}
    const resource = cache.get(KINDS.messagingCluster, key)
    // A resource that is being deleted is left to Kubernetes: what it owns goes with it.
    if (resource === undefined || resource.metadata.deletionTimestamp !== undefined) {
      await this.#forget(key)
      await this.#userStatuses.writeLost(usersOf(cache, key))
      return {}
    }
    // Another one of that name: nothing that is remembered holds of it.
    if (this.#memories.get(textOf(key))?.uid !== resource.metadata.uid) await this.#forget(key)
    const cluster = await this.#read(resource)
    // What is remembered from now on nobody would end.
    if (cluster === undefined || this.#isStopped) return {}
    const pass = this.#begin(cluster)
    for (const { name, run, paused } of STEPS) {
      if (cluster.spec.paused && paused !== true) continue
      await attempt(pass, name, run)
    }
    await writeClusterStatus(pass)
    const failure = pass.failures[0]
    if (failure !== undefined) {
      failure.error.againAfterMs = pass.againAfterMs
      throw failure.error
    }
    return pass.againAfterMs === undefined ? {} : { againAfterMs: pass.againAfterMs }
  }

  podsChanged(key: ObjectKey): void {
    const memory = this.#memories.get(textOf(key))
    const { report } = memory?.membership ?? {}
    if (memory === undefined || report === undefined) return
    const objects = this.#options.cache.list(KINDS.pod, key.namespace ?? '', clusterLabels(key.name))
    const pods = observePods(objects)
    memory.membership.tell({ wanted: report.wanted, pods: reportedPods(pods) }, refAddresses(pods, memory))
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    const memories = [...this.#memories.values()]
    this.#memories.clear()
    await Promise.all(memories.map(endWork))
  }

  async #read(resource: KubeObject): Promise<MessagingCluster | undefined> {
    try {
      return parseCluster(resource)
    } catch (error) {
      if (!(error instanceof RecadoError)) throw error
      const status = invalidStatus(resource, error.message, this.#options.time.wall())
      await writeStatus(this.#options, this.#memory(resource.metadata), resource, status)
      return undefined
    }
  }

  #begin(cluster: MessagingCluster): Pass {
    const { cache, image, imagePullPolicy, operatorNamespace, serves } = this.#options
    const observed = observe(cluster, cache)
    const memory = this.#memory(cluster.metadata)
    memory.secured = isSecured(cluster)
    memory.refusals.see(cluster.metadata.generation)
    const { name } = cluster.metadata
    const facts: ScaleFacts = {
      cluster: name,
      desired: cluster.spec.servers.replicas,
      replicas: specReplicas(observed.statefulSet),
      claims: observed.claims,
      pods: observed.pods
        .filter(({ component }) => component === 'server')
        .map((pod) => ordinalOf(name, pod.name)),
      view: memory.membership.view,
    }
    const scale = cluster.spec.paused
      ? { ...decideScale(facts), replicas: facts.replicas ?? facts.desired, wanted: wantedAsItIs(facts) }
      : decideScale(facts)
    return {
      options: { ...this.#options, api: memory.refusals.api },
      cluster,
      observed,
      memory,
      failures: [],
      scale,
      render: {
        image,
        imagePullPolicy,
        operatorNamespace,
        serves,
        serverReplicas: scale.replicas,
        keyring: memory.keys.keyring,
      },
      rollout: { step: 'wait', why: 'it has not been looked at yet' },
      userStatuses: this.#userStatuses,
      accounts: [],
      users: { keys: [], names: [] },
      rotation: { step: 'none' },
      keysProblem: undefined,
      againAfterMs: undefined,
    }
  }

  #memory(metadata: ObjectMeta): ClusterMemory {
    const key = { namespace: metadata.namespace ?? '', name: metadata.name }
    const id = textOf(key)
    const known = this.#memories.get(id)
    if (known !== undefined) return known
    const { log, again, openClient } = this.#options
    const keys = new HeldKeys()
    const membership = new Membership({
      ...this.#options,
      cluster: id,
      log: log.child({ cluster: id }),
      pass: () => keys.pass,
      onChange: () => again(key),
    })
    const memory: ClusterMemory = {
      uid: metadata.uid,
      membership,
      refusals: new Refusals({ ...this.#options, again: () => again(key) }),
      secured: false,
      keys,
      nudges: new Map(),
      userKeeper: new UserKeeper({
        ...this.#options,
        log: log.child({ cluster: id }),
        open: () =>
          openClient(clientAddresses({ metadata: { ...key, namespace: key.namespace } }), clientPass(keys)),
        onChange: () => again(key),
      }),
      userKeys: new Map(),
      applied: new Map(),
      excused: new Map(),
      growth: undefined,
      deleted: new Map(),
      since: this.#options.time.monotonic(),
      statusAt: Number.NEGATIVE_INFINITY,
      status: undefined,
    }
    this.#memories.set(id, memory)
    return memory
  }

  async #forget(key: ObjectKey): Promise<void> {
    const memory = this.#memories.get(textOf(key))
    this.#memories.delete(textOf(key))
    if (memory !== undefined) await endWork(memory)
  }
}

async function endWork({ membership, refusals, userKeeper }: ClusterMemory): Promise<void> {
  refusals.stop()
  await Promise.all([membership.stop(), userKeeper.stop()])
}

/** A step that fails is told of in the status, and keeps the others from nothing but what depends on it. */
async function attempt(pass: Pass, step: string, run: (pass: Pass) => Promise<void>): Promise<void> {
  try {
    await run(pass)
  } catch (error) {
    if (!(error instanceof KubeError)) throw error
    pass.failures.push({ step, error })
  }
}
