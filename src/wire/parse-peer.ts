import { decode } from './codec.ts'
import { RecadoError } from './errors.ts'
import {
  type Fields,
  isMap,
  readBoolean,
  readBytes,
  readCounts,
  readInteger,
  readIntegers,
  readMap,
  readName,
  readNames,
  readNumber,
  readOneOf,
  readString,
} from './fields.ts'
import { PEER_LIMITS } from './limits.ts'
import type {
  FromServer,
  Head,
  PeerMessage,
  TimeAnswer,
  TimeCorrection,
  TimePoll,
  WholeHead,
} from './peer.ts'
import { readBatches } from './usual/batches.ts'
import { readHead } from './usual/heads.ts'
import type { Voters } from './voters.ts'

const KINDS = [
  'head',
  'fetch',
  'batches',
  'batch',
  'time-poll',
  'time-answer',
  'time-correction',
  'echo',
  'coordinator',
] as const

export const SERVER_STATES = ['joining', 'up', 'leaving'] as const

/** Reads the head frame of what servers say to each other. @throws RecadoError `bad_request` */
export function parsePeerMessage(frame: Uint8Array): PeerMessage {
  const usual =
    frame.byteLength <= PEER_LIMITS.frameBytes ? (readHead(frame) ?? readBatches(frame)) : undefined
  if (usual !== undefined) return usual
  const fields = decode(frame, PEER_LIMITS)
  if (!isMap(fields)) throw new RecadoError('bad_request', 'A message must be a map')
  const kind = readOneOf(fields, 'kind', KINDS)
  const sender = {
    cluster: readString(fields, 'cluster'),
    from: readName(fields, 'from'),
    incarnation: readInteger(fields, 'incarnation'),
    clock: readInteger(fields, 'clock'),
    timestamp: readInteger(fields, 'timestamp'),
  }
  switch (kind) {
    case 'head':
      return parseHead(fields, sender)
    case 'fetch': {
      const stream = readString(fields, 'stream')
      return {
        kind,
        ...sender,
        stream,
        after: readInteger(fields, 'after'),
        bytes: readInteger(fields, 'bytes'),
      }
    }
    case 'batches':
      return { kind, ...sender, lengths: readIntegers(fields, 'lengths') }
    case 'batch':
      return { kind, ...sender, batch: readBytes(fields, 'batch') }
    case 'time-poll':
    case 'time-answer':
    case 'time-correction':
      return parseTime(kind, fields, sender)
    case 'echo':
      return { kind, ...sender, proxy: readString(fields, 'proxy') }
    case 'coordinator':
      return { kind, ...sender, rank: readInteger(fields, 'rank') }
  }
}

/** Reads `voters` {epoch, names, next?}. @throws RecadoError `bad_request` */
export function readVoters(fields: Fields, key: string): Voters {
  const voters = readMap(fields, key)
  const { next } = voters
  return {
    epoch: readInteger(voters, 'epoch'),
    names: readNames(voters, 'names'),
    ...(next !== undefined && { next: readNames(voters, 'next') }),
  }
}

function parseHead(fields: Fields, sender: FromServer): Head {
  return {
    kind: 'head',
    ...sender,
    number: readInteger(fields, 'number'),
    epoch: readInteger(fields, 'epoch'),
    state: readOneOf(fields, 'state', SERVER_STATES),
    promise: readInteger(fields, 'promise'),
    durable: readCounts(fields, 'durable'),
    ...(fields['whole'] === undefined ? {} : { whole: parseWhole(readMap(fields, 'whole')) }),
  }
}

function parseWhole(whole: Fields): WholeHead {
  return {
    address: readString(whole, 'address'),
    rank: readInteger(whole, 'rank'),
    intact: readBoolean(whole, 'intact'),
    coordinator: readString(whole, 'coordinator'),
    voters: readVoters(whole, 'voters'),
    heard: readCounts(whole, 'heard'),
    counted: readCounts(whole, 'counted'),
    answers: readInteger(whole, 'answers'),
    asks: readInteger(whole, 'asks'),
    ...(whole['alone'] === undefined ? {} : { alone: readBoolean(whole, 'alone') }),
    owed: readCounts(whole, 'owed'),
  }
}

function parseTime(
  kind: 'time-poll' | 'time-answer' | 'time-correction',
  fields: Fields,
  sender: FromServer,
): TimePoll | TimeAnswer | TimeCorrection {
  const round = readInteger(fields, 'round')
  if (kind === 'time-correction')
    return { kind, ...sender, round, correction: readNumber(fields, 'correction') }
  const sent = readNumber(fields, 'sent')
  return kind === 'time-poll'
    ? { kind, ...sender, round, sent }
    : { kind, ...sender, round, sent, time: readNumber(fields, 'time') }
}
