import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { KINDS, type Operation, renderLine } from '../../src/wire/index.ts'
import { writeLine } from '../../src/wire/line.ts'
import { TextWriter } from '../../src/wire/text-writer.ts'

const counts = fc.oneof(
  fc.maxSafeNat(),
  fc.nat(70_000),
  fc.constantFrom(0, 9_999_999, 10_000_000, 10_000_001, 2 ** 31, 2 ** 53 - 1),
)
const names = fc.stringMatching(/^[A-Za-z0-9._-]{1,64}$/)
const texts = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 400 }),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: 'binary-ascii', maxLength: 60 }),
  fc.string({ unit: 'grapheme-ascii', maxLength: 600 }),
  fc.constantFrom('"', '\\', '\u007f', '\u0080', '\u001f', '\ud800', 'x'.repeat(256), 'x'.repeat(20_000)),
)
const operations: fc.Arbitrary<Operation> = fc
  .record({
    origin: names,
    incarnation: counts,
    seq: counts,
    clock: counts,
    timestamp: counts,
    kind: fc.constantFrom(...KINDS),
    id: texts,
    user: names,
    target: names,
    message: fc.option(fc.oneof(texts, fc.uint8Array({ maxLength: 300 })), { nil: undefined }),
  })
  .map(({ message, ...rest }) => (message === undefined ? rest : { ...rest, message }))

describe('writeLine', () => {
  it('writes the bytes of what renderLine renders, one line behind the other', () => {
    const writer = new TextWriter()
    fc.assert(
      fc.property(fc.array(operations, { maxLength: 5 }), (lines) => {
        for (const operation of lines) writeLine(writer, operation)

        expect(Buffer.from(writer.take()).toString('latin1')).toBe(
          Buffer.from(lines.map(renderLine).join('')).toString('latin1'),
        )
      }),
      { numRuns: 1000 },
    )
  })
})
