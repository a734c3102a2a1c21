import { type Batch, KINDS, makeBatch, type Operation, renderLine } from '../../src/wire/index.ts'

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
  const lines = operations.map((each) => Buffer.from(renderLine(each)))
  return makeBatch({
    origin: first.origin,
    incarnation: first.incarnation,
    firstSeq: first.seq,
    clocks: operations.map(({ clock }) => clock),
    timestamps: operations.map(({ timestamp }) => timestamp),
    kinds: operations.map(({ kind }) => KINDS.indexOf(kind)),
    ids: operations.map(({ id }) => id),
    users: operations.map(({ user }) => user),
    targets: operations.map(({ target }) => target),
    lengths: lines.map((line) => line.byteLength),
    lines: Buffer.concat(lines),
  })
}
