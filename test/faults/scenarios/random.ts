import type { Chance } from '../../../src/ports/index.ts'
import type { Group, Scenario, Step } from '../scenario.ts'
import { cutOff, deafen, freeze, heal, kill, lasting, mute, start, wake } from '../steps.ts'

const SERVERS = ['server-1', 'server-2', 'server-3']
const ALL = ['ref', 'broker', 'proxy', ...SERVERS]
const ROUNDS = 12

/** A fault of one process, and what ends it. */
const FAULTS: readonly ((name: string) => readonly [Step, Step])[] = [
  (name) => [kill(name), start(name)],
  (name) => [freeze(name), wake(name)],
  (name) => [cutOff(name), heal],
  (name) => [mute(name), heal],
  (name) => [deafen(name), heal],
]

/** Rounds of one or two faults at once, of any of these processes, each for up to 4 s. */
function atRandom(name: string, processes: readonly string[], together: number): Scenario {
  const summary = `${ROUNDS} times: kill, freeze, cut off, mute or deafen ${together} of ${processes.length} processes, up to 4 s, then end it`
  const steps = (chance: Chance): Step[] => drawn(chance, processes, together)
  return { name, steps, summary, setting: { network: true } }
}

function drawn(chance: Chance, processes: readonly string[], together: number): Step[] {
  const of = <Value>(values: readonly Value[]): Value =>
    values[Math.floor(chance.next() * values.length)] as Value
  const seconds = (most: number): Step => lasting(Math.round(chance.next() * most * 10) / 10)
  const steps: Step[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const struck = new Set(Array.from({ length: together }, () => of(processes)))
    const faults = [...struck].map((each) => of(FAULTS)(each))
    steps.push(...faults.map(([fault]) => fault), seconds(4), ...faults.map(([, end]) => end), seconds(2))
  }
  return steps
}

export const random: Group = {
  title: 'Faults drawn at random, each process in a network namespace of its own',
  needs: ['network'],
  scenarios: [
    atRandom('one server at a time is struck, again and again', SERVERS, 1),
    atRandom('any one process is struck, again and again', ALL, 1),
    atRandom('two servers at a time are struck, again and again', SERVERS, 2),
    atRandom('any two processes are struck, again and again', ALL, 2),
  ],
}
