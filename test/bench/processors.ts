import { readdirSync, readFileSync } from 'node:fs'

/** The kernel counts in these, whatever its own tick is. */
const TICKS_PER_SECOND = 100

/** Processor time in % of one core: of the whole process, and of its main thread alone. */
export interface Busy {
  readonly all: number
  readonly main: number
}

/** What ran while something was measured. */
export interface Use {
  readonly processes: Readonly<Record<string, Busy>>
  /** What ran on this machine beside those processes and this one, in % of one core. Negative by rounding only. */
  readonly others: number
}

interface Sample {
  readonly at: number
  /** Ticks of each process and of its main thread. */
  readonly ticks: ReadonlyMap<string, { all: number; main: number }>
  readonly machine: number
  readonly own: number
}

/** The processor time of these processes, by name, from now until the function that this gives is called. */
export function watchProcessors(pids: Readonly<Record<string, number>>): () => Use {
  const before = sample(pids)
  return () => {
    const after = sample(pids)
    const share = (ticks: number): number =>
      (ticks / TICKS_PER_SECOND / ((after.at - before.at) / 1000)) * 100
    let known = after.own - before.own
    const processes: Record<string, Busy> = {}
    for (const [name, { all, main }] of after.ticks) {
      const first = before.ticks.get(name) ?? { all: 0, main: 0 }
      known += all - first.all
      processes[name] = { all: share(all - first.all), main: share(main - first.main) }
    }
    return { processes, others: share(after.machine - before.machine - known) }
  }
}

function sample(pids: Readonly<Record<string, number>>): Sample {
  const ticks = new Map(
    Object.entries(pids).map(([name, pid]) => [
      name,
      { all: ticksOf(`/proc/${pid}/stat`), main: ticksOf(`/proc/${pid}/task/${pid}/stat`) },
    ]),
  )
  return { at: performance.now(), ticks, machine: machineTicks(), own: ticksOf('/proc/self/stat') }
}

/** User and system time. The name, in brackets, may hold anything; what follows it is numbers. */
function ticksOf(path: string): number {
  const fields = readFileSync(path, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  return Number(fields[11]) + Number(fields[12])
}

/** User, nice, system, interrupts: all that was not idle. */
function machineTicks(): number {
  const [, user, nice, system, , , hard, soft] = readFileSync('/proc/stat', 'utf8').split(/\s+/, 8)
  return [user, nice, system, hard, soft].reduce((sum, ticks) => sum + Number(ticks), 0)
}

/** Anonymous memory of a process (what it asked for, not what it mapped or the page cache holds), in MiB. */
export function anonymousMemory(pid: number): number {
  const found = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return Number(found?.[1]) / 1024
}

/** The one that worked most of a process and of all that it started: some only start others and wait for them. */
export function busiestOf(pid: number): number {
  const family = familyOf(pid).map((each) => ({ pid: each, ticks: ticksOf(`/proc/${each}/stat`) }))
  return family.reduce((most, each) => (each.ticks > most.ticks ? each : most)).pid
}

function familyOf(pid: number): number[] {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  )
  return [pid, ...children.flatMap(familyOf)]
}
