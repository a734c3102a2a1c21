import { seededChance } from '../../support/virtual-time.ts'
import type { Stage } from '../stage.ts'
import { Dice } from './dice.ts'
import { FAULTS, type FaultName } from './faults.ts'
import { drawProfile, type Profile } from './profile.ts'
import type { Cast, Fault, Step } from './steps.ts'

export { FAULTS, type FaultName } from './faults.ts'
export type { Profile } from './profile.ts'
export type { Step } from './steps.ts'

/** A step with the kind of fault that it belongs to. */
export interface DrawnStep extends Step {
  readonly fault: FaultName
}

/** What one seed decides before anything runs. */
export interface Schedule {
  readonly seed: number
  readonly profile: Profile
  /** Draws the steps, once it is known who takes part. */
  readonly steps: (stage: Stage) => readonly DrawnStep[]
}

/** Kinds of faults that one schedule has: few, so that each comes more than once and meets the others. */
const KINDS_MAX = 5

/** Draws the schedule of a seed, from all kinds of faults or only from these. `but`: what is other than the seed draws it. */
export function drawSchedule(
  seed: number,
  only?: readonly FaultName[],
  but: Partial<Profile> = {},
): Schedule {
  // Small seeds must not give similar numbers.
  const dice = new Dice(seededChance(Math.imul(seed, 0x9e3779b1)))
  const apart = new Dice(seededChance(Math.imul(seed, 0xc2b2ae35)))
  const profile = { ...drawProfile(dice, apart), ...but }
  return { seed, profile, steps: (stage) => drawSteps(dice, profile, stage, only) }
}

function drawSteps(dice: Dice, profile: Profile, stage: Stage, only?: readonly FaultName[]): DrawnStep[] {
  const weights = Object.fromEntries(
    Object.entries(FAULTS)
      .filter(([name]) => only?.includes(name as FaultName) ?? true)
      .map(([name, [, weight]]) => [name, weight]),
  )
  const kinds = Array.from({ length: 1 + dice.ms(1, KINDS_MAX - 1) }, () => dice.weighted(weights))
  const cast = castOf(stage, profile, kinds.includes('addServer'))
  const count = Math.max(2, Math.round((profile.lengthMs / 1000) * dice.between(1, 3)))
  const steps: DrawnStep[] = []
  for (let i = 0; i < count; i++) {
    const fault = dice.pick(kinds) as FaultName
    const [draw]: readonly [Fault, number] = FAULTS[fault]
    steps.push(...draw(dice.ms(0, profile.lengthMs), dice, cast).map((step) => ({ ...step, fault })))
  }
  return steps.filter(({ at }) => at <= profile.lengthMs).toSorted((a, b) => a.at - b.at)
}

function castOf({ cluster, clients }: Stage, profile: Profile, grows: boolean): Cast {
  const servers = cluster.servers.map(({ name }) => name)
  return {
    servers: grows ? [...servers, `server-${servers.length + 1}`] : servers,
    services: cluster.all().flatMap(({ name }) => (cluster.server(name) === undefined ? [name] : [])),
    clients: clients.map(({ name }) => name),
    profile,
  }
}
