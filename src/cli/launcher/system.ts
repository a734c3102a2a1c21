import { setTimeout as delay } from 'node:timers/promises'
import type { Role } from '../../config/index.ts'
import { Child, type ChildEvents } from './child.ts'
import type { SystemPlan } from './plan.ts'

/** Who is asked to stop first has the others still there to finish with. */
const STOPPING_ORDER: readonly (readonly Role[])[] = [['client'], ['server'], ['broker', 'proxy', 'ref']]
/** Together with what was there before, at most 5 seconds. */
const STOP_MS = 4500
const POLL_MS = 50

/** The processes of a plan. Those who start one share it: the launcher for people, and the tests. */
export class RunningSystem {
  readonly plan: SystemPlan
  readonly children: readonly Child[]
  #stopping: Promise<void> | undefined

  constructor(plan: SystemPlan, options: { events: ChildEvents; restarts: boolean }) {
    this.plan = plan
    this.children = plan.processes.map((process) => new Child(process, options))
  }

  start(): void {
    for (const child of this.children) child.start()
  }

  child(name: string): Child {
    const child = this.children.find((each) => each.name === name)
    if (child === undefined) throw new RangeError(`No process is called ${name}`)
    return child
  }

  /** Waits until every process (or those named) is ready: an empty list, or the sentences that say what is missing. */
  async ready(options: {
    deadlineMs: number
    names?: readonly string[]
    signal?: AbortSignal
  }): Promise<string[]> {
    const end = performance.now() + options.deadlineMs
    const asked = this.children.filter(({ name }) => options.names?.includes(name) ?? true)
    for (;;) {
      const answers = await Promise.all(asked.map((child) => missingOf(child)))
      const missing = answers.filter((answer) => answer !== undefined)
      if (missing.length === 0 || performance.now() >= end || options.signal?.aborted === true) return missing
      await delay(POLL_MS)
    }
  }

  /** Stops clients, then servers, then the rest, and whoever does not stop in time by force. Bounded by 5 seconds. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopInOrder()
    return this.#stopping
  }

  /** Ends all processes at once, at whatever they are. */
  async kill(): Promise<void> {
    await Promise.all(this.children.map((child) => child.stop('SIGKILL')))
  }

  async #stopInOrder(): Promise<void> {
    const force = setTimeout(() => {
      for (const child of this.children) child.signal('SIGKILL')
    }, STOP_MS)
    for (const roles of STOPPING_ORDER) {
      await Promise.all(
        this.children.filter(({ plan }) => roles.includes(plan.role)).map((child) => child.stop()),
      )
    }
    clearTimeout(force)
  }
}

async function missingOf(child: Child): Promise<string | undefined> {
  try {
    const response = await fetch(`http://${child.plan.host}:${child.plan.portHttp}/readyz`, {
      signal: AbortSignal.timeout(1000),
    })
    const text = await response.text()
    return response.ok ? undefined : `${child.name}: ${text.trim().replaceAll('\n', '; ')}`
  } catch {
    return `${child.name}: does not answer`
  }
}
