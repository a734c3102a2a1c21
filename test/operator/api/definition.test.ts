import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  definitions,
  resourceSchema,
  type StructuralSchema,
  userResourceSchema,
} from '../../../src/operator/api/index.ts'
import { structural } from '../../../src/operator/api/structural.ts'

interface Place {
  readonly path: string
  readonly schema: StructuralSchema
}

describe('the definitions', () => {
  it.each(definitions().map((each) => [each.metadata.name, each] as const))(
    'of %s is less than 256 KiB, so that every client may apply it',
    (_, definition) => {
      expect(JSON.stringify(definition).length).toBeLessThan(256 * 1024)
    },
  )
})

describe.each([
  ['MessagingCluster', resourceSchema(), { fields: 100, patterns: 10 }],
  ['MessagingUser', userResourceSchema(), { fields: 10, patterns: 1 }],
] as const)('the definition of %s', (_, whole, atLeast) => {
  const places = [...placesOf('', whole)]

  it('describes every field', () => {
    const own = places.filter(({ path }) => /^\.(?:spec|status)\b.*\w$/.test(path))

    expect(own.length).toBeGreaterThan(atLeast.fields)
    expect(own.filter(({ schema }) => schema.description === undefined).map(({ path }) => path)).toEqual([])
  })

  it('has a default at every level above a field that has one', () => {
    const within = (path: string): Place[] =>
      places.filter(
        (place) => place.path.startsWith(`${path}.`) && !place.path.slice(path.length).includes('['),
      )
    const gaps = places
      .filter(
        ({ path, schema }) => path !== '' && schema.properties !== undefined && schema.default === undefined,
      )
      .filter(
        ({ path }) => !path.endsWith('[]') && within(path).some(({ schema }) => schema.default !== undefined),
      )

    expect(gaps.map(({ path }) => path)).toEqual([])
  })

  it('says how every list is merged', () => {
    const lists = places.filter(({ schema }) => schema.items !== undefined)

    expect(lists.filter(({ schema }) => schema['x-kubernetes-list-type'] === undefined)).toEqual([])
  })

  it('bounds every list, map and text, so that the cost of rules is bounded too', () => {
    const bounded = ({ schema }: Place): boolean => {
      if (schema.items !== undefined) return typeof schema['maxItems'] === 'number'
      if (schema.additionalProperties !== undefined) return typeof schema['maxProperties'] === 'number'
      return schema.type !== 'string' || schema.enum !== undefined || typeof schema['maxLength'] === 'number'
    }
    const own = places.filter(({ path }) => /^\.(?:spec|status)/.test(path))

    expect(own.filter((place) => !bounded(place)).map(({ path }) => path)).toEqual([])
  })

  it('has only patterns that the API server’s expressions know: no look-around, no references back', () => {
    const patterns = places.flatMap(({ schema }) =>
      typeof schema['pattern'] === 'string' ? [schema['pattern']] : [],
    )

    expect(patterns.length).toBeGreaterThan(atLeast.patterns)
    expect(patterns.filter((pattern) => /\(\?[=!<]|\\[1-9]/.test(pattern))).toEqual([])
  })
})

describe('structural', () => {
  it.each([
    ['a union', z.object({ a: z.union([z.object({ b: z.string() }), z.string()]) })],
    ['anything at all', z.object({ a: z.unknown() })],
  ])('refuses %s and names the place', (_, schema) => {
    expect(() => structural(schema)).toThrow(/^\$\.a is not structural/)
  })
})

function* placesOf(path: string, schema: StructuralSchema): Generator<Place> {
  yield { path, schema }
  for (const [key, each] of Object.entries(schema.properties ?? {})) yield* placesOf(`${path}.${key}`, each)
  if (schema.items !== undefined) yield* placesOf(`${path}[]`, schema.items)
  if (schema.additionalProperties !== undefined) yield* placesOf(`${path}.*`, schema.additionalProperties)
}
