import { setTimeout as delay } from 'node:timers/promises'
import { until } from '../support/load.ts'
import type { Which } from './disk.ts'
import type { Step } from './scenario.ts'
import type { Stage } from './stage.ts'

/** The steps that scenarios are made of. */

const NOTICED_MS = 15_000

function step(says: string, action: (stage: Stage) => Promise<void> | void): Step {
  return { says, do: action }
}

/** Lets what was done last, under load: how long that lasts is part of the scenario. */
export function lasting(seconds: number): Step {
  return { says: `${seconds} s`, isWait: true, do: () => delay(seconds * 1000) }
}

/** Waits until these are ready. */
export function ready(...names: readonly string[]): Step {
  return { says: `until ${list(names)} is ready`, isWait: true, do: ({ system }) => system.ready(names) }
}

/** Waits until others see that this one cannot do its work: what was done to it has come through. */
export function unready(name: string): Step {
  return {
    says: `until ${name} is not ready`,
    isWait: true,
    do: ({ system }) => until(NOTICED_MS, async () => (await system.http(name, '/readyz')).status === 503),
  }
}

export function kill(...names: readonly string[]): Step {
  return signal('kill', 'SIGKILL', names)
}

export function stop(...names: readonly string[]): Step {
  return signal('stop', 'SIGTERM', names)
}

export function freeze(...names: readonly string[]): Step {
  return signal('freeze', 'SIGSTOP', names)
}

export function wake(...names: readonly string[]): Step {
  return signal('wake', 'SIGCONT', names)
}

export function start(...names: readonly string[]): Step {
  return step(`start ${list(names)}`, ({ system }) => {
    for (const name of names) system.process(name).start()
  })
}

function signal(says: string, which: NodeJS.Signals, names: readonly string[]): Step {
  return step(`${says} ${list(names)}`, async ({ system }) => {
    await Promise.all(names.map((name) => system.process(name).kill(which)))
  })
}

export function cut(one: string, other: string): Step {
  return step(`cut ${one} from ${other}`, ({ network }) => network.cut(one, other))
}

export function cutOneWay(speaker: string, listener: string): Step {
  return step(`cut the way from ${speaker} to ${listener}`, ({ network }) =>
    network.cutOneWay(speaker, listener),
  )
}

export function cutOff(name: string): Step {
  return step(`cut ${name} off`, async ({ network }) => {
    await Promise.all([network.mute(name), network.deafen(name)])
  })
}

/** Nothing that it sends arrives. */
export function mute(name: string): Step {
  return step(`lose all that ${name} sends`, ({ network }) => network.mute(name))
}

/** Nothing arrives at it. */
export function deafen(name: string): Step {
  return step(`lose all that is sent to ${name}`, ({ network }) => network.deafen(name))
}

export function slow(name: string): Step {
  return step(`let ${name} send 25 kB/s`, ({ network }) => network.slow(name))
}

export function lose(name: string): Step {
  return step(`lose a tenth of the packets to ${name}`, ({ network }) => network.lose(name))
}

export const heal: Step = step('heal', ({ network }) => network.heal())

export function empty(name: string): Step {
  return step(`empty the folder of ${name}`, (stage) => stage.disk(name).empty())
}

export function keepCopy(name: string): Step {
  return step(`copy the folder of ${name}`, (stage) => stage.disk(name).copyTo(stage.copyOf(name)))
}

export function putCopyBack(name: string): Step {
  return step('put the copy back', (stage) => stage.disk(name).putBack(stage.copyOf(name)))
}

export function tear(name: string, which: Which, bytes: number): Step {
  return step(`cut ${bytes} bytes off the ${which} files of ${name}`, (stage) =>
    stage.disk(name).tear(which, bytes),
  )
}

export function flip(name: string, which: Which, bits: number): Step {
  const what = bits === 1 ? 'a bit' : `${bits} bits`
  return step(`flip ${what} in each ${which} file of ${name}`, (stage) => stage.disk(name).flip(which, bits))
}

export function blank(name: string, which: Which, kept: number): Step {
  return step(`make zeros of the ${which} files of ${name} behind byte ${kept}`, (stage) =>
    stage.disk(name).blank(which, kept),
  )
}

export function remove(name: string, which: Which): Step {
  return step(`remove the ${which} files of ${name}`, (stage) => stage.disk(name).remove(which))
}

export function fill(name: string): Step {
  return step(`fill the disk of ${name}`, (stage) => stage.disk(name).fill())
}

export function makeRoom(name: string): Step {
  return step(`make room on the disk of ${name}`, (stage) => stage.disk(name).makeRoom())
}

/** Steps a clock to so many seconds beside the true time. */
export function stepClock(name: string, seconds: number): Step {
  const to = seconds === 0 ? 'right' : `${Math.abs(seconds)} s ${seconds < 0 ? 'behind' : 'ahead'}`
  return step(`step the clock of ${name} to ${to}`, (stage) => stage.stepClock(name, seconds))
}

function list(names: readonly string[]): string {
  return names.join(', ').replace(/, (?=[^,]*$)/, ' and ')
}
