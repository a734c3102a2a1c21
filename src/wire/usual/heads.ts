import type { Head, WholeHead } from '../peer.ts'
import type { Voters } from '../voters.ts'
import { pieceOf } from './piece.ts'
import { KnownTexts, Reader } from './reader.ts'
import { readSender, readServerName, writeSender } from './sender.ts'
import { Writer } from './writer.ts'

type Counts = Readonly<Record<string, number>>

/** A head that says what changed, and a whole one. */
const [CHANGES, WHOLE] = [pieceOf(11, 'kind', 'head'), pieceOf(12, 'kind', 'head')]
const [NUMBER, EPOCH] = [pieceOf('number'), pieceOf('epoch')]
const STATES = (['up', 'joining', 'leaving'] as const).map((state) => ({
  state,
  piece: pieceOf('state', state),
}))
const [PROMISE, DURABLE] = [pieceOf('promise'), pieceOf('durable')]
const WHOLE_ADDRESS = pieceOf('whole', 11, 'address')
const [RANK, INTACT, COORDINATOR] = [pieceOf('rank'), pieceOf('intact'), pieceOf('coordinator')]
const [VOTERS, VOTERS_AND_NEXT] = [pieceOf('voters', 2, 'epoch'), pieceOf('voters', 3, 'epoch')]
const [NAMES, NEXT] = [pieceOf('names'), pieceOf('next')]
const [HEARD, COUNTED, ANSWERS] = [pieceOf('heard'), pieceOf('counted'), pieceOf('answers')]
const [ASKS, ALONE, OWED] = [pieceOf('asks'), pieceOf('alone'), pieceOf('owed')]

const writer = new Writer()

/** The head frame of a head, as the library writes it. Undefined when it is unusual. */
export function writeHead(head: Head): Uint8Array | undefined {
  const { whole } = head
  writer.piece(whole === undefined ? CHANGES : WHOLE)
  writeSender(writer, head)
  writer.piece(NUMBER)
  writer.integer(head.number)
  writer.piece(EPOCH)
  writer.integer(head.epoch)
  for (const { state, piece } of STATES) if (state === head.state) writer.piece(piece)
  writer.piece(PROMISE)
  writer.integer(head.promise)
  writer.piece(DURABLE)
  writeCounts(head.durable)
  if (whole !== undefined) writeWhole(whole)
  return writer.take()
}

function writeWhole(whole: WholeHead): void {
  const { alone } = whole
  if (alone === undefined) return writer.fail()
  writer.piece(WHOLE_ADDRESS)
  writer.text(whole.address)
  writer.piece(RANK)
  writer.integer(whole.rank)
  writer.piece(INTACT)
  writer.boolean(whole.intact)
  writer.piece(COORDINATOR)
  writer.text(whole.coordinator)
  writeVoters(whole.voters)
  writer.piece(HEARD)
  writeCounts(whole.heard)
  writer.piece(COUNTED)
  writeCounts(whole.counted)
  writer.piece(ANSWERS)
  writer.integer(whole.answers)
  writer.piece(ASKS)
  writer.integer(whole.asks)
  writer.piece(ALONE)
  writer.boolean(alone)
  writer.piece(OWED)
  writeCounts(whole.owed)
}

function writeVoters({ epoch, names, next }: Voters): void {
  writer.piece(next === undefined ? VOTERS : VOTERS_AND_NEXT)
  writer.integer(epoch)
  writer.piece(NAMES)
  writeNames(names)
  if (next === undefined) return
  writer.piece(NEXT)
  writeNames(next)
}

function writeNames(names: readonly string[]): void {
  writer.array(names.length)
  for (const name of names) writer.text(name)
}

function writeCounts(counts: Counts): void {
  const entries = Object.entries(counts)
  writer.map(entries.length)
  for (const [key, count] of entries) {
    writer.text(key)
    writer.integer(count)
  }
}

const [servers, streams, addresses] = [new KnownTexts(), new KnownTexts(), new KnownTexts()]

/** Reads such a frame, checked like any other. Undefined when it is unusual. */
export function readHead(frame: Uint8Array): Head | undefined {
  const reader = new Reader(frame)
  const isWhole = reader.passes(WHOLE)
  if (!isWhole && !reader.passes(CHANGES)) return undefined
  const head = readChanges(reader)
  const read = isWhole ? { ...head, whole: readWhole(reader) } : head
  return reader.ended ? read : undefined
}

function readChanges(reader: Reader): Head {
  const sender = readSender(reader)
  reader.piece(NUMBER)
  const number = reader.integer()
  reader.piece(EPOCH)
  const epoch = reader.integer()
  const state = readState(reader)
  reader.piece(PROMISE)
  const promise = reader.integer()
  reader.piece(DURABLE)
  const durable = readCounts(reader, streams)
  return { kind: 'head', ...sender, number, epoch, state, promise, durable }
}

function readState(reader: Reader): Head['state'] {
  for (const { state, piece } of STATES) if (reader.passes(piece)) return state
  reader.fail()
  return 'joining'
}

function readWhole(reader: Reader): WholeHead {
  reader.piece(WHOLE_ADDRESS)
  const address = reader.oneOf(addresses)
  reader.piece(RANK)
  const rank = reader.integer()
  reader.piece(INTACT)
  const intact = reader.boolean()
  reader.piece(COORDINATOR)
  const coordinator = reader.oneOf(servers)
  const voters = readVoters(reader)
  reader.piece(HEARD)
  const heard = readCounts(reader, servers)
  reader.piece(COUNTED)
  const counted = readCounts(reader, servers)
  reader.piece(ANSWERS)
  const answers = reader.integer()
  reader.piece(ASKS)
  const asks = reader.integer()
  reader.piece(ALONE)
  const alone = reader.boolean()
  reader.piece(OWED)
  const owed = readCounts(reader, streams)
  return { address, rank, intact, coordinator, voters, heard, counted, answers, asks, alone, owed }
}

function readVoters(reader: Reader): Voters {
  const isChanging = reader.passes(VOTERS_AND_NEXT)
  if (!isChanging) reader.piece(VOTERS)
  const epoch = reader.integer()
  reader.piece(NAMES)
  const list = readNames(reader)
  if (!isChanging) return { epoch, names: list }
  reader.piece(NEXT)
  return { epoch, names: list, next: readNames(reader) }
}

/** A list without names is left to the general decoder. */
function readNames(reader: Reader): readonly string[] {
  const count = reader.array()
  if (count === undefined) reader.fail()
  const list: string[] = []
  while (list.length < (count ?? 0) && reader.usual) list.push(readServerName(reader))
  return list
}

/** As the library reads a map: of a key that comes again, the last count holds. */
function readCounts(reader: Reader, known: KnownTexts): Counts {
  const count = reader.map()
  if (count === undefined) reader.fail()
  const counts: Record<string, number> = {}
  for (let at = 0; at < (count ?? 0) && reader.usual; at++) {
    const key = reader.oneOf(known)
    // The library refuses this one.
    if (key === '__proto__') reader.fail()
    counts[key] = reader.integer()
  }
  return counts
}
