import type { Fields, Log } from '../../src/ports/index.ts'
import type { Schedule } from './schedule/index.ts'
import type { Stage } from './stage.ts'

/** Takes the lines of a trace. */
export type Trace = (line: string) => void

/** Has everything told that is worth a line: what the system is like, each step, what processes log, what clients learn. */
export function traceTo(trace: Trace, { seed, profile }: Schedule, { cluster }: Stage): void {
  const { witness, world } = cluster
  trace(`seed ${seed}`)
  for (const [key, value] of Object.entries(profile)) trace(`  ${key}: ${shown(value)}`)
  const tell = (who: string, what: string): void => {
    const time = (world.now / 1000).toFixed(4).padStart(9)
    trace(who === '' ? `${time} --- ${what}` : `${time} ${who.padEnd(10)} ${what}`)
  }
  witness.tell = tell
  cluster.logOf = (name) => logTo((what) => tell(name, what))
  witness.add({
    accepted: ({ name }, { stream, seq, clock, kind, user, id }) =>
      tell(name, `accepts ${kind} ${id} of ${user} as ${stream} ${seq}, clock ${clock}`),
    acknowledged: ({ kind, user, id, level }) => tell(user, `is told that ${kind} ${id} is held at ${level}`),
    finalised: ({ name }, clock) => tell(name, `makes ${clock} final`),
  })
}

function logTo(tell: (what: string) => void): Log {
  const write = (fields: Fields, message: string): void => tell(`${message} ${shown(fields)}`)
  const log: Log = {
    trace: () => {},
    debug: () => {},
    info: write,
    warn: write,
    error: write,
    enabled: () => false,
    child: () => log,
  }
  return log
}

function shown(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) => {
    if (each instanceof Error) return each.message
    return typeof each === 'number' && !Number.isInteger(each) ? Math.round(each * 100) / 100 : each
  })
}
