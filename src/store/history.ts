import {
  type Batch,
  channelTopic,
  comparePositions,
  type Publication,
  type StreamKey,
  userTopic,
  type Vector,
} from '../wire/index.ts'
import type { Batches } from './batches.ts'
import { topicsAt } from './topics.ts'
import type { HistoryPage, HistoryQuery } from './types.ts'

interface Found {
  readonly stream: StreamKey
  readonly batch: Batch
  readonly index: number
}

/** What is found of one stream, at its next. */
interface Head {
  readonly rest: Generator<Found, void>
  found: Found
}

/** A page of one topic's operations, merged over all streams in the order. */
export function readHistory(
  query: HistoryQuery,
  batches: Batches,
  isLeftOut: (stream: StreamKey, batch: Batch, index: number) => boolean,
): HistoryPage {
  const topic = query.channel === undefined ? userTopic(query.user ?? '') : channelTopic(query.channel)
  const heads: Head[] = []
  try {
    for (const stream of batches.streams()) {
      const rest = matches(query, topic, stream, batches)
      const found = rest.next()
      if (found.done !== true) heads.push({ rest, found: found.value })
    }
    return merge(query, heads, isLeftOut)
  } finally {
    // A page may be full before they are at their ends, and each reads from the map.
    for (const { rest } of heads) rest.return()
  }
}

function merge(
  query: HistoryQuery,
  heads: Head[],
  isLeftOut: (stream: StreamKey, batch: Batch, index: number) => boolean,
): HistoryPage {
  const passed: Vector = new Map(query.after)
  const messages: Publication[] = []
  let bytes = 0
  while (heads.length > 0 && messages.length < query.limit && bytes < query.bytes) {
    const at = first(heads)
    const head = heads[at] as Head
    const { stream, batch, index } = head.found
    if (!isLeftOut(stream, batch, index)) {
      const publication = publicationAt(batch, index)
      messages.push(publication)
      bytes += publication.message.length
    }
    passed.set(stream, batch.firstSeq + index)
    const next = head.rest.next()
    if (next.done === true) heads.splice(at, 1)
    else head.found = next.value
  }
  const more = heads.length > 0
  if (!more)
    for (const [stream, seq] of query.visible) passed.set(stream, Math.max(seq, passed.get(stream) ?? 0))
  return { messages, next: passed, more }
}

function* matches(
  query: HistoryQuery,
  topic: string,
  stream: StreamKey,
  batches: Batches,
): Generator<Found, void> {
  const after = query.after.get(stream) ?? 0
  const visible = query.visible.get(stream) ?? 0
  if (visible <= after) return
  for (const batch of batches.ofTopic(topic, stream, after + 1)) {
    if (batch.firstSeq > visible) return
    const from = Math.max(0, after + 1 - batch.firstSeq)
    const end = Math.min(batch.count, visible + 1 - batch.firstSeq)
    for (let index = from; index < end; index++) {
      if (topicsAt(batch, index).includes(topic) && isWith(query, batch, index))
        yield { stream, batch, index }
    }
  }
}

function isWith(query: HistoryQuery, batch: Batch, index: number): boolean {
  if (query.with === undefined) return true
  const [user, target] = [batch.userAt(index), batch.targetAt(index)]
  return user === query.user ? target === query.with : user === query.with
}

function first(heads: readonly Head[]): number {
  let at = 0
  for (let i = 1; i < heads.length; i++) {
    if (comparePositions(positionOf(heads[i]?.found as Found), positionOf(heads[at]?.found as Found)) < 0)
      at = i
  }
  return at
}

function positionOf({ batch, index }: Found): Parameters<typeof comparePositions>[0] {
  const { origin, incarnation } = batch
  return { clock: batch.clockAt(index), origin, incarnation, seq: batch.firstSeq + index }
}

function publicationAt(batch: Batch, index: number): Publication {
  const operation = batch.operationAt(index)
  const { clock, timestamp, origin, incarnation, seq, id, user, target, kind, message } = operation
  return {
    clock,
    timestamp,
    operation: { clock, origin, incarnation, seq },
    previous: 0,
    id,
    user,
    ...(kind === 'publish' ? { channel: target } : { to: target }),
    message: message ?? '',
  }
}
