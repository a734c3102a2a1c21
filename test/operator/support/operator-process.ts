import { Operator, type ReconcilerContext } from '../../../src/operator/operator.ts'
import type { ReconcileResult, Reconciler } from '../../../src/operator/reconcile/types.ts'
import type { KubeTransport } from '../../../src/ports/index.ts'
import { countingMetrics } from '../../support/counting-metrics.ts'
import type { FakeApiServer } from '../../support/fake-api-server.ts'
import { quietLog } from '../../support/quiet.ts'
import { type ProcessTime, seededChance, type VirtualTime } from '../../support/virtual-time.ts'

export const RESYNC_MS = 100_000

export interface OperatorWorld {
  readonly virtual: VirtualTime
  readonly server: FakeApiServer
}

/** One operator with a reconciler that only notes what it is asked for. */
export class OperatorProcess {
  readonly time: ProcessTime
  readonly #world: OperatorWorld
  readonly metrics = countingMetrics()
  readonly operator: Operator
  readonly passes: string[] = []
  readonly pods: string[] = []
  readonly failures: unknown[] = []
  stops = 0
  context: ReconcilerContext | undefined
  leads = 0
  isCut = false
  reconcile: (key: string) => Promise<ReconcileResult> = async () => ({})

  constructor(world: OperatorWorld, name: string, watchNamespaces: readonly string[]) {
    this.#world = world
    this.time = world.virtual.process()
    this.operator = new Operator({
      transport: this.#transport(),
      time: this.time,
      timers: this.time,
      chance: seededChance(name.length),
      log: quietLog,
      metrics: this.metrics,
      name,
      lease: { namespace: 'system', name: 'recado-operator' },
      watchNamespaces,
      resyncMs: RESYNC_MS,
      createReconciler: (context) => this.#reconciler(context),
      fail: (error) => this.failures.push(error),
    })
    this.operator.start()
  }

  value(name: Parameters<typeof this.metrics.value>[0], labels?: Record<string, string>): number {
    return this.metrics.value(name, labels)
  }

  #transport(): KubeTransport {
    return {
      request: (request) => {
        if (!this.isCut) return this.#world.server.request(request)
        this.#world.virtual.promises = true
        return Promise.reject(new Error('ECONNREFUSED'))
      },
      stream: (path, handlers) => this.#world.server.stream(path, handlers),
    }
  }

  #reconciler(context: ReconcilerContext): Reconciler {
    this.context = context
    this.leads++
    return {
      reconcile: ({ namespace, name }) => {
        this.#world.virtual.promises = true
        this.passes.push(`${namespace}/${name}`)
        return this.reconcile(`${namespace}/${name}`)
      },
      podsChanged: ({ name }) => void this.pods.push(name),
      stop: async () => void this.stops++,
    }
  }
}
