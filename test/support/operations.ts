import { type Batch, BatchWriter, KINDS, type Operation, renderLine } from '../../src/wire/index.ts'

/** An operation with what a test does not care about filled in. */
export function operation(
  given: Partial<Operation> & Pick<Operation, 'origin' | 'seq' | 'clock'>,
): Operation {
  return {
    incarnation: 1,
    timestamp: 1_800_000_000_000 + given.clock,
    kind: 'publish',
    id: `${given.origin}-${given.seq}`,
    user: 'ana',
    target: 'news',
    message: `message ${given.clock} of ${given.origin}`,
    ...given,
  }
}

/** One batch of consecutive operations of one incarnation. */
export function batchOf(operations: readonly Operation[]): Batch {
  const [first] = operations
  if (first === undefined) throw new Error('A batch needs an operation')
  const writer = new BatchWriter()
  for (const each of operations)
    writer.add({ ...each, kind: KINDS.indexOf(each.kind), line: renderLine(each) })
  return writer.take({ origin: first.origin, incarnation: first.incarnation, firstSeq: first.seq })
}
