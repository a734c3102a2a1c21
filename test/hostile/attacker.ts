import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { seededChance } from '../support/virtual-time.ts'
import { attack, type Sent, type Target } from './attack.ts'

export interface Order {
  readonly targets: readonly Target[]
  /** To each of the targets. */
  readonly messages: number
  readonly seed: number
  /** It is ended when it takes longer. */
  readonly deadlineMs: number
}

/** What was sent to one target. */
export type Tally = Target & Sent

/** Attacks from a process of its own, all targets at once, so that the one that calls stays free to look. */
export async function attackFromOutside(order: Order): Promise<readonly Tally[]> {
  const child = fork(fileURLToPath(import.meta.url), { execArgv: [], stdio: 'inherit' })
  const signal = AbortSignal.timeout(order.deadlineMs)
  try {
    child.send(order)
    const [tallies] = (await Promise.race([
      once(child, 'message', { signal }),
      once(child, 'exit').then(([status]) => {
        throw new Error(`The attacker ended with status ${String(status)}`)
      }),
    ])) as [readonly Tally[]]
    return tallies
  } finally {
    child.kill('SIGKILL')
  }
}

async function obey({ targets, messages, seed }: Order): Promise<void> {
  const sent = await Promise.all(
    targets.map((target, index) => attack(target, messages, seededChance(seed + index))),
  )
  process.send?.(targets.map((target, index) => ({ ...target, ...sent[index] })))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.once('message', (order: Order) => {
    obey(order).catch((error: unknown) => {
      console.error(error)
      process.exit(1)
    })
  })
}
