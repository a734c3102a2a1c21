import type { Hears } from '../clients/library.ts'
import type { ClockOptions } from '../process.ts'
import type { StageOptions } from '../stage.ts'
import type { Dice } from './dice.ts'

/** What a schedule's system is like before anything goes wrong. */
export interface Profile extends Required<Omit<StageOptions, 'acks'>> {
  /** Milliseconds one way. */
  readonly delayMs: [number, number]
  /** How long each server's commits take, in ms. */
  readonly commitMs: readonly number[]
  /** How long faults go on, in virtual ms. */
  readonly lengthMs: number
}

/** Servers that may be wanted beyond those of the beginning. */
export const EXTRA_SERVERS = 2

/** Publications under way at once: many are rare, for they take their time. */
const WINDOWS = { 1: 10, 4: 1, 16: 1 }
/** Bursts, by the share that comes so, take theirs too. */
const BURSTS = { 0: 12, 0.5: 1 }
/** Of clocks, apart from the true time at most: oscillators drift less than the first, machines that stood still may drift more. */
const OFFSET_MS = 5000
const DRIFTS_PPM = { 500: 9, 20_000: 1 }
/** What who subscribes with the library hears: to go on until all has come takes its time, too. */
const HEARS: Readonly<Record<Hears, number>> = { channel: 16, inbox: 3, 'channel from now': 1 }
/** Of batches in one write to a journal: mostly all that waits, or so little that there are several. */
const GROUP_BYTES = { 4_194_304: 4, 500: 1 }
const SERVERS = { 1: 4, 2: 6, 3: 72, 4: 8, 5: 10 }

/** Ref, the operator, two brokers, two proxies, and clients. */
const OTHERS_MAX = 12

/** `apart`: for what was added later, so that seeds draw of the rest what they drew before. */
export function drawProfile(dice: Dice, apart: Dice): Profile {
  const servers = Number(dice.weighted(SERVERS))
  const differ = dice.share(0.5)
  const slowDisks = dice.share(0.1)
  const later = {
    bursts: Number(apart.weighted(BURSTS)),
    patient: apart.share(0.06),
    inbox: apart.share(0.2),
    hears: apart.weighted(HEARS),
  }
  const driftPpm = Number(apart.weighted(DRIFTS_PPM))
  const clock = (from: Dice): ClockOptions =>
    differ ? { offsetMs: from.ms(-OFFSET_MS, OFFSET_MS), driftPpm: from.ms(-driftPpm, driftPpm) } : {}
  const otherClocks = Array.from({ length: OTHERS_MAX }, () => clock(apart))
  return {
    servers,
    brokers: dice.share(0.25) ? 2 : 1,
    proxies: dice.share(0.25) ? 2 : 1,
    operated: dice.share(0.35),
    clocks: Array.from({ length: servers + EXTRA_SERVERS }, () => clock(dice)),
    otherClocks,
    groupBytes: Number(apart.weighted(GROUP_BYTES)),
    heartbeatTimeoutMs: dice.pick([700, 700, 1000, 1000, 1500, 3000]),
    ackDeadlineMs: dice.pick([500, 1000, 2000]),
    requestDeadlineMs: dice.pick([2000, 4000]),
    syncIntervalMs: dice.pick([500, 1000, 1000, 2000]),
    simple: dice.pick([1, 2, 2, 3]),
    library: dice.share(0.6) ? 1 : 0,
    readers: dice.share(0.5) ? 1 : 0,
    pauseMs: dice.pick([200, 400, 400, 800]),
    window: Number(dice.weighted(WINDOWS)),
    ...later,
    delayMs: [dice.between(0.05, 0.5), dice.pick([1, 1, 3, 10, 30])],
    commitMs: Array.from({ length: servers + EXTRA_SERVERS }, () =>
      slowDisks ? dice.between(1, 20) : dice.between(0.1, 1.5),
    ),
    lengthMs: dice.pick([800, 1500, 1500, 2500, 3500]),
  }
}
