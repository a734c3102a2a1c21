import { createReconciler, type Reconciler } from '../../../src/operator/index.ts'
import type { KeyMaker } from '../../../src/operator/security/index.ts'
import { type Dealer, KubeError, type ObjectKey, type Pass } from '../../../src/ports/index.ts'
import { keptLog } from '../../support/kept-log.ts'
import type { ProcessTime } from '../../support/virtual-time.ts'
import { type ApiServer, type Effects, LaggingCache, SimulatedApi } from './api-server.ts'
import type { SimulatedKubernetes } from './kubernetes.ts'
import type { SimulatedMessaging } from './messaging.ts'
import type { World } from './world.ts'

const KEY: ObjectKey = { namespace: 'talk', name: 'chat' }
const RESYNC_MS = 30_000

export interface OperatorOptions {
  readonly world: World
  readonly server: ApiServer
  readonly kubernetes: SimulatedKubernetes
  readonly effects: Effects
  readonly term: () => number
  readonly image: string
  readonly messaging: SimulatedMessaging
  readonly makeKeys: KeyMaker
}

/** One operator's life: the real judgement behind a queue, a lagging cache and a failing API. */
export class SimulatedOperator {
  readonly api: SimulatedApi
  readonly term: number
  readonly events: string[] = []
  readonly log = keptLog()
  readonly #options: OperatorOptions
  readonly #time: ProcessTime
  readonly #cache: LaggingCache
  readonly reconciler: Reconciler
  #isRunning = false
  #isDue = false
  #failures = 0
  #dead = false
  #stopped = false
  /** Open links to refs. */
  links = 0

  constructor(options: OperatorOptions) {
    const { world, server } = options
    this.#options = options
    this.term = options.term()
    this.#time = world.time.process()
    this.api = new SimulatedApi(world, server, options.effects)
    this.#cache = new LaggingCache(world, server, (object) => {
      if (object.kind === 'Pod') this.reconciler.podsChanged(KEY)
      this.#enqueue()
    })
    this.reconciler = createReconciler({
      api: this.api,
      cache: this.#cache,
      events: { record: (_, { reason, note }) => this.#record(reason, note) },
      time: this.#time,
      timers: this.#time,
      log: this.log,
      openDealer: (address, pass) => this.#dial(address, pass),
      openClient: async () => options.messaging.connect(),
      makeKeys: options.makeKeys,
      term: () => this.term,
      confirmTerm: async () => (options.term() === this.term ? this.term : undefined),
      serves: () => false,
      again: () => this.#enqueue(),
      image: options.image,
      imagePullPolicy: 'IfNotPresent',
      operatorNamespace: 'recado-system',
    })
    this.#time.every(RESYNC_MS, () => this.#enqueue())
    this.#enqueue()
  }

  /** Ends it as a crash does: what it asked for may still happen, what is answered is heard by nobody. */
  kill(): void {
    this.#dead = true
    this.api.dead = true
    this.#cache.stop()
    this.#time.stop()
  }

  /** Ends it as one that leads no more: a pass that is under way goes on to its end. */
  async stop(): Promise<void> {
    this.#stopped = true
    await this.reconciler.stop()
  }

  #record(reason: string, note: string): void {
    this.events.push(`${reason}: ${note}`)
    this.#options.world.tell(`event ${reason}: ${note}`)
  }

  #enqueue(): void {
    this.#isDue = true
    this.#time.after(0, () => this.#next())
  }

  #next(): void {
    if (this.#isRunning || !this.#isDue || this.#dead || this.#stopped) return
    this.#isDue = false
    this.#isRunning = true
    this.#options.world.time.promises = true
    this.#pass().catch((error: unknown) => {
      this.#options.world.findings.push(String((error as Error).stack))
    })
  }

  async #pass(): Promise<void> {
    try {
      const { againAfterMs } = await this.reconciler.reconcile(KEY)
      this.#failures = 0
      if (againAfterMs !== undefined) this.#time.after(againAfterMs, () => this.#enqueue())
    } catch (error) {
      if (!(error instanceof KubeError)) throw error
      this.#failures++
      this.#time.after(Math.min(5000, 100 * 2 ** this.#failures), () => this.#enqueue())
    }
    this.#isRunning = false
    if (this.#isDue) this.#time.after(0, () => this.#next())
  }

  #dial(address: string, pass?: Pass): Dealer {
    const { world, kubernetes } = this.#options
    let handler: (frames: Uint8Array[]) => void = () => {}
    let isOpen = true
    this.links++
    const find = () => [...kubernetes.refs.values()].find((ref) => ref.admits(address, pass))
    return {
      send: (frames) => {
        const body = frames.at(-1) as Uint8Array
        world.later(1, 30, () => {
          const running = find()
          if (running === undefined || this.#dead) return
          const answer = running.ref.answer(body)
          world.later(1, 30, () => {
            // Both ends prove a key when they connect, and again when keys change.
            if (isOpen && running.admits(address, pass) && running.alive && !this.#dead)
              handler([new Uint8Array(), answer])
          })
        })
        return true
      },
      receive: (next) => {
        handler = next
      },
      close: async () => {
        if (isOpen) this.links--
        isOpen = false
      },
    }
  }
}
