import { isName } from '../names.ts'
import type { FromServer } from '../peer.ts'
import { pieceOf } from './piece.ts'
import { KnownTexts, type Reader } from './reader.ts'
import type { Writer } from './writer.ts'

const [CLUSTER, FROM, INCARNATION] = [pieceOf('cluster'), pieceOf('from'), pieceOf('incarnation')]
const [CLOCK, TIMESTAMP] = [pieceOf('clock'), pieceOf('timestamp')]

/** Names of clusters, and of servers. */
const [clusters, names] = [new KnownTexts(), new KnownTexts()]

/** What every message of a server to servers carries. */
export function writeSender(writer: Writer, sender: FromServer): void {
  writer.piece(CLUSTER)
  writer.text(sender.cluster)
  writer.piece(FROM)
  writer.text(sender.from)
  writer.piece(INCARNATION)
  writer.integer(sender.incarnation)
  writer.piece(CLOCK)
  writer.integer(sender.clock)
  writer.piece(TIMESTAMP)
  writer.integer(sender.timestamp)
}

export function readSender(reader: Reader): FromServer {
  reader.piece(CLUSTER)
  const cluster = reader.oneOf(clusters)
  reader.piece(FROM)
  const from = readServerName(reader)
  reader.piece(INCARNATION)
  const incarnation = reader.integer()
  reader.piece(CLOCK)
  const clock = reader.integer()
  reader.piece(TIMESTAMP)
  return { cluster, from, incarnation, clock, timestamp: reader.integer() }
}

export function readServerName(reader: Reader): string {
  const name = reader.oneOf(names)
  if (!isName(name)) reader.fail()
  return name
}
