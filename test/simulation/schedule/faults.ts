import type { Vector } from '../../../src/wire/index.ts'
import type { DiskCopy } from '../../support/virtual-disk.ts'
import { CUTS } from '../network.ts'
import type { SimulatedServer } from '../server.ts'
import type { Stage } from '../stage.ts'
import { mayLoseDisk } from './budget.ts'
import type { Dice } from './dice.ts'
import { addServer, removeServer } from './membership.ts'
import type { Fault, Step } from './steps.ts'

function serverOf(stage: Stage, name: string): SimulatedServer {
  return stage.find(name) as SimulatedServer
}

function crash(at: number, name: string): Step {
  return {
    at,
    text: `${name} crashes`,
    who: name,
    can: (stage) => stage.find(name).up,
    run: (stage) => stage.find(name).crash(),
  }
}

function start(at: number, name: string): Step {
  return {
    at,
    text: `${name} starts`,
    who: name,
    can: (stage) => {
      const found = stage.find(name)
      return !found.up && !('removed' in found && found.removed)
    },
    run: (stage) => stage.find(name).start(),
  }
}

const crashServer: Fault = (at, dice, { servers }) => {
  const name = dice.pick(servers)
  return [crash(at, name), start(at + dice.ms(50, 2000), name)]
}

const crashOther: Fault = (at, dice, { services, clients }) => {
  const name = dice.pick([...services, ...clients])
  return [crash(at, name), start(at + dice.ms(20, 1200), name)]
}

/** All stop; they start again in any order. */
const fullStop: Fault = (at, dice, { servers, services }) => {
  const all = dice.share(0.3) ? [...servers, ...services] : servers
  return dice
    .shuffled(all)
    .flatMap((name) => [crash(at + dice.ms(0, 30), name), start(at + dice.ms(100, 900), name)])
}

const freeze: Fault = (at, dice, { servers, services, clients, profile }) => {
  const name = dice.share(0.7) ? dice.pick(servers) : dice.pick([...services, ...clients])
  const until = at + dice.ms(100, profile.heartbeatTimeoutMs * 2)
  return [
    {
      at,
      text: `${name} freezes`,
      who: name,
      can: (stage) => stage.find(name).up,
      run: (stage) => stage.find(name).freeze(),
    },
    { at: until, text: `${name} goes on`, who: name, run: (stage) => stage.find(name).thaw() },
  ]
}

/** One server is cut off from others: both ways, or one way from some. */
const isolate: Fault = (at, dice, { servers, services, profile }) => {
  const alone = dice.pick(servers)
  const fromServices = dice.share(0.3)
  const others = [...servers.filter((name) => name !== alone), ...(fromServices ? services : [])]
  const kind = dice.pick(CUTS)
  const way = dice.pick(['both', 'from', 'to', 'any'])
  const routes = others.flatMap((other): [string, string][] => {
    const any = way === 'any'
    return [
      ...(way === 'both' || way === 'from' || (any && dice.share(0.5))
        ? [[alone, other] as [string, string]]
        : []),
      ...(way === 'both' || way === 'to' || (any && dice.share(0.5))
        ? [[other, alone] as [string, string]]
        : []),
    ]
  })
  return cutRoutes(at, at + dice.ms(100, profile.heartbeatTimeoutMs * 2), routes, kind)
}

/** Any two processes do not reach each other, one way or both. */
const cutPair: Fault = (at, dice, { servers, services, clients, profile }) => {
  const [one, other] = dice.shuffled([...servers, ...services, ...clients])
  const routes: [string, string][] = [[one as string, other as string]]
  if (dice.share(0.6)) routes.push([other as string, one as string])
  return cutRoutes(at, at + dice.ms(100, profile.heartbeatTimeoutMs * 2), routes, dice.pick(CUTS))
}

function cutRoutes(
  at: number,
  until: number,
  routes: readonly [string, string][],
  kind: (typeof CUTS)[number],
): Step[] {
  const text = routes.map(([from, to]) => `${from} > ${to}`).join(', ')
  return [
    {
      at,
      text: `cut (${kind}): ${text}`,
      run: ({ cluster }) => {
        for (const [from, to] of routes) cluster.network.cut(from, to, kind)
      },
    },
    {
      at: until,
      text: `mended: ${text}`,
      run: ({ cluster }) => {
        for (const [from, to] of routes) cluster.network.mend(from, to)
      },
    },
  ]
}

const slowRoute: Fault = (at, dice, { servers, services }) => {
  const [one, other] = dice.shuffled([...servers, ...services])
  const ms = dice.ms(20, 800)
  const set =
    (delay: number) =>
    (stage: Stage): void => {
      stage.cluster.network.slow(one as string, other as string, delay)
    }
  return [
    { at, text: `${one} > ${other} takes up to ${ms} ms`, run: set(ms) },
    { at: at + dice.ms(200, 1500), text: `${one} > ${other} is fast again`, run: set(0) },
  ]
}

const reconnect: Fault = (at, dice, { servers, services, clients }) => {
  const names = dice.share(0.6) ? servers : [...servers, ...services, ...clients]
  const [one, other = services[0] as string] = dice.shuffled(names)
  return [
    {
      at,
      text: `connections between ${one} and ${other} break`,
      run: ({ cluster }) => cluster.network.reconnect(one as string, other),
    },
  ]
}

const dropPublications: Fault = (at, dice) => {
  const share = dice.between(0.05, 0.6)
  const set =
    (loss: number) =>
    (stage: Stage): void => {
      stage.cluster.network.faults.publicationLoss = loss
    }
  return [
    { at, text: `${Math.round(share * 100)} % of publications are lost`, run: set(share) },
    { at: at + dice.ms(200, 1500), text: 'publications arrive again', run: set(0) },
  ]
}

const slowDisk: Fault = (at, dice, { servers }) => {
  const name = dice.pick(servers)
  const ms = dice.ms(20, 400)
  return [
    {
      at,
      text: `the disk of ${name} takes ${ms} ms`,
      who: name,
      run: (stage) => setDisk(stage, name, { commitMs: ms }),
    },
    {
      at: at + dice.ms(200, 1500),
      text: `the disk of ${name} is fast again`,
      who: name,
      run: (stage) => setDisk(stage, name, { commitMs: 0.4 }),
    },
  ]
}

const failFlush: Fault = (at, dice, { servers }) => {
  const name = dice.pick(servers)
  const failure = new Error('The virtual disk failed')
  const failureKeeps = at % 2 === 1
  return [
    {
      at,
      text: `the disk of ${name} fails at its next flush${failureKeeps ? ', and keeps it' : ''}`,
      who: name,
      run: (stage) => setDisk(stage, name, { failure, failureKeeps }),
    },
    {
      at: at + dice.ms(100, 190),
      text: `the disk of ${name} works again`,
      who: name,
      run: (stage) => setDisk(stage, name, { failure: undefined }),
    },
  ]
}

const fillDisk: Fault = (at, dice, { servers }) => {
  const name = dice.pick(servers)
  return [filled(name, at, dice.pick(['full', 'low'])), filled(name, at + dice.ms(200, 2000), 'room')]
}

function filled(name: string, at: number, space: 'full' | 'low' | 'room'): Step {
  const text = space === 'room' ? `the disk of ${name} has room` : `the disk of ${name} is ${space}`
  return { at, text, who: name, run: (stage) => setDisk(stage, name, { space }) }
}

function setDisk(stage: Stage, name: string, faults: object): void {
  Object.assign(serverOf(stage, name).disk, faults)
}

const emptyDisk: Fault = (at, dice, { servers }) => emptied(dice.pick(servers), at, dice)

function emptied(name: string, at: number, dice: Dice): Step[] {
  return [
    {
      at,
      text: `${name} loses its disk`,
      who: name,
      can: (stage) => mayLoseDisk(stage, name),
      run: (stage) => serverOf(stage, name).empty(),
    },
    start(at + dice.ms(50, 1000), name),
  ]
}

const oldCopy: Fault = (at, dice, { servers }) =>
  oldCopyOf(dice.pick(servers), Math.max(0, at - dice.ms(100, 2000)), at, dice)

function oldCopyOf(name: string, copiedAt: number, at: number, dice: Dice): [Step, ...Step[]] {
  let copy: { disk: DiskCopy; holds: Vector } | undefined
  return [
    {
      at: copiedAt,
      text: `the disk of ${name} is copied`,
      who: name,
      run: (stage) => {
        copy = serverOf(stage, name).copy()
      },
    },
    {
      at,
      text: `${name} gets the old copy of its disk`,
      who: name,
      can: (stage) => copy !== undefined && mayLoseDisk(stage, name),
      run: (stage) => {
        if (copy !== undefined) serverOf(stage, name).restore(copy)
      },
    },
    start(at + dice.ms(50, 800), name),
  ]
}

/**
 * One server loses its disk, or gets an old copy, just when of the others one is behind and the other away: what was
 * acknowledged meanwhile is then on no disk that can be asked.
 */
const lossAmongAbsent: Fault = (at, dice, { servers }) => {
  const [losing, behind, away] = dice.shuffled(servers)
  if (losing === undefined || behind === undefined || away === undefined) return []
  const lostAt = at + dice.ms(300, 1200)
  const [copied, ...lost] = dice.share(0.6)
    ? oldCopyOf(losing, at, lostAt, dice)
    : [undefined, ...emptied(losing, lostAt, dice)]
  return [
    ...(copied === undefined ? [] : [copied]),
    ...fallBehind(behind, at + dice.ms(0, 200), lostAt + dice.ms(0, 400), dice),
    crash(lostAt - 1, away),
    ...lost,
    start(lostAt + dice.ms(500, 1500), away),
  ]
}

/** A server takes nothing in for a while: its disk is full, though it hears all, or it does not run. */
function fallBehind(name: string, at: number, until: number, dice: Dice): Step[] {
  return dice.share(0.6)
    ? [filled(name, at, 'full'), filled(name, until, 'room')]
    : [crash(at, name), start(until, name)]
}

const stepClock: Fault = (at, dice, { servers }) => {
  const name = dice.pick(servers)
  const ms = dice.ms(-20_000, 20_000)
  return [
    {
      at,
      text: `the clock of ${name} steps by ${ms} ms`,
      who: name,
      run: (stage) => serverOf(stage, name).process.stepWall(ms),
    },
  ]
}

/** Ref calls a living server gone. */
const saidGone: Fault = (at, dice, { servers }) => {
  const name = dice.pick(servers)
  return [
    {
      at,
      text: `ref is told that ${name} is gone`,
      who: name,
      can: ({ operator }) => operator !== undefined,
      run: ({ operator }) => {
        operator?.gone.add(name)
        operator?.report()
      },
    },
    {
      at: at + dice.ms(200, 2500),
      text: `ref is told that ${name} lives`,
      who: name,
      can: ({ operator }) => operator !== undefined,
      run: ({ operator }) => {
        operator?.gone.delete(name)
        operator?.report()
      },
    },
  ]
}

const forgetfulRef: Fault = (at, dice) => [
  {
    at,
    text: 'ref loses its file',
    run: ({ cluster: { ref } }) => {
      ref.crash()
      ref.forget()
    },
  },
  start(at + dice.ms(50, 1000), 'ref'),
]

/** Every fault, with how often it is drawn. */
export const FAULTS = {
  crashServer: [crashServer, 10],
  crashOther: [crashOther, 5],
  fullStop: [fullStop, 2],
  freeze: [freeze, 8],
  isolate: [isolate, 10],
  cutPair: [cutPair, 6],
  slowRoute: [slowRoute, 4],
  reconnect: [reconnect, 4],
  dropPublications: [dropPublications, 4],
  slowDisk: [slowDisk, 3],
  failFlush: [failFlush, 3],
  fillDisk: [fillDisk, 3],
  emptyDisk: [emptyDisk, 5],
  oldCopy: [oldCopy, 4],
  lossAmongAbsent: [lossAmongAbsent, 4],
  stepClock: [stepClock, 2],
  saidGone: [saidGone, 3],
  forgetfulRef: [forgetfulRef, 3],
  addServer: [addServer, 5],
  removeServer: [removeServer, 4],
} as const satisfies Readonly<Record<string, readonly [Fault, number]>>

export type FaultName = keyof typeof FAULTS
