import { describe, expect, it } from 'vitest'
import {
  CLIENT_LIMITS,
  decode,
  encode,
  parsePublications,
  parseReplies,
  parseRequests,
} from '../../src/wire/index.ts'
import { buildGo, findPython, need, run } from '../interop/tools.ts'
import { bodyOf, fromGolden, GOLDEN, goldenPath, goldenVectors } from './vectors.ts'

const PARSERS: Record<string, (body: Uint8Array) => unknown> = {
  requests: (body) => parseRequests(body).requests,
  replies: parseReplies,
  publications: parsePublications,
}
const python = findPython()
const go = buildGo('test/golden/go')

describe.each(GOLDEN)('the golden vectors of %s', (name) => {
  const vectors = goldenVectors(name)

  it.each(vectors)('decode to what they mean: $meaning', (vector) => {
    expect(decode(bodyOf(vector), CLIENT_LIMITS)).toEqual(fromGolden(vector.value))
  })

  it.each(vectors)('are what we encode: $meaning', (vector) => {
    expect(Buffer.from(encode(fromGolden(vector.value))).toString('hex')).toBe(vector.hex)
  })

  it.each(vectors)('are read whole by our parsers: $meaning', (vector) => {
    const value = fromGolden(vector.value)

    expect(PARSERS[name]?.(bodyOf(vector))).toEqual(Array.isArray(value) ? value : [value])
  })

  it('mean the same to Python', (context) => {
    expect(read(need(python, context), ['test/golden/reader.py', goldenPath(name)])).toEqual(
      vectors.map((vector) => vector.value),
    )
  })

  it('mean the same to Go', (context) => {
    expect(read(need(go, context), [goldenPath(name)])).toEqual(vectors.map((vector) => vector.value))
  })
})

function read(command: string, args: readonly string[]): unknown[] {
  return run(command, args)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
}
