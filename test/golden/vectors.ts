import { readFileSync } from 'node:fs'

/** One golden vector: a frame's bytes, and what they mean, with bytes as `{bytes: hex}`. */
export interface Vector {
  readonly meaning: string
  readonly value: unknown
  readonly hex: string
}

export const GOLDEN = ['requests', 'replies', 'publications'] as const

export function goldenPath(name: string): string {
  return `test/golden/${name}.json`
}

export function goldenVectors(name: string): readonly Vector[] {
  return JSON.parse(readFileSync(new URL(`${name}.json`, import.meta.url), 'utf8'))
}

/** What a golden value stands for: `{bytes: hex}` becomes bytes. */
export function fromGolden(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(fromGolden)
  if (typeof value !== 'object' || value === null) return value
  const { bytes } = value as { bytes?: string }
  if (bytes !== undefined) return new Uint8Array(Buffer.from(bytes, 'hex'))
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, fromGolden(each)]))
}

/** The body of a vector, with a buffer of its own. */
export function bodyOf(vector: Vector): Uint8Array {
  return new Uint8Array(Buffer.from(vector.hex, 'hex'))
}
