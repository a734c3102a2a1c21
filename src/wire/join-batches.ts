import { type Batch, encodeBatch } from './batch.ts'
import { Numbered } from './batch-writer.ts'
import { ColumnWriter } from './columns.ts'

/** The part of a batch from this index on: what another holds already is left out. */
export function batchFrom(batch: Batch, from: number): Batch {
  return from === 0 ? batch : joined([batch], from)
}

/** One batch of several that follow each other in one stream. */
export function joinBatches(batches: readonly Batch[]): Batch {
  const [only] = batches
  return batches.length === 1 && only !== undefined ? only : joined(batches, 0)
}

function joined(batches: readonly Batch[], from: number): Batch {
  const first = batches[0] as Batch
  const columns = new ColumnWriter()
  const [users, targets] = [new Numbered(), new Numbered()]
  const [ids, lines]: [Uint8Array[], Uint8Array[]] = [[], []]
  batches.forEach((batch, position) => {
    const start = position === 0 ? from : 0
    for (let at = start; at < batch.count; at++) {
      const id = batch.idBytesAt(at)
      ids.push(id)
      columns.add(
        batch.clockAt(at),
        batch.timestampAt(at),
        batch.lengthAt(at),
        users.place(batch.userAt(at)),
        targets.place(batch.targetAt(at)),
        batch.kindAt(at),
        id.byteLength,
      )
    }
    lines.push(batch.lines.subarray(batch.lineStart(start)))
  })
  return encodeBatch({
    origin: first.origin,
    incarnation: first.incarnation,
    firstSeq: first.firstSeq + from,
    users: users.take(),
    targets: targets.take(),
    columns: columns.take(),
    ids: Buffer.concat(ids),
    lines: Buffer.concat(lines),
  })
}
