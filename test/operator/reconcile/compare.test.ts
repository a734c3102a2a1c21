import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { differences } from '../../../src/operator/reconcile/compare.ts'
import { parseQuantity } from '../../../src/operator/reconcile/quantity.ts'

describe('differences', () => {
  it.each([
    ['what others added', { a: 1 }, { a: 1, b: 2 }],
    ['another way to write a quantity', { cpu: '0.5', memory: '1024Mi' }, { cpu: '500m', memory: '1Gi' }],
    ['what the API server leaves out', { a: '', b: [], c: {}, d: false }, {}],
    ['an object that is empty when rendered', { emptyDir: {} }, { emptyDir: { medium: 'Memory' } }],
    ['the order of named elements', [{ name: 'a' }, { name: 'b' }], [{ name: 'b' }, { name: 'a' }]],
    ['a named element that others added', [{ name: 'a' }], [{ name: 'a' }, { name: 'sidecar' }]],
  ])('does not count %s', (_, rendered, live) => {
    expect(differences(rendered, live)).toEqual([])
  })

  it.each([
    ['a changed value', { a: { b: 1 } }, { a: { b: 2 } }, 'a.b'],
    ['a missing value', { a: { b: 1 } }, { a: {} }, 'a.b'],
    [
      'a named element’s field',
      { c: [{ name: 'x', image: '1' }] },
      { c: [{ name: 'x', image: '2' }] },
      'c[x].image',
    ],
    ['a missing named element', { c: [{ name: 'x' }] }, { c: [{ name: 'y' }] }, 'c[x]'],
    ['a longer plain list', { c: ['x'] }, { c: ['x', 'y'] }, 'c'],
    ['what somebody put into an empty list', { c: [] }, { c: ['y'] }, 'c'],
    ['true where it is to be false', { a: false }, { a: true }, 'a'],
  ])('names %s', (_, rendered, live, path) => {
    expect(differences(rendered, live)).toEqual([path])
  })

  it('finds none between anything and itself', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(differences(value, structuredClone(value))).toEqual([])
      }),
    )
  })
})

describe('parseQuantity', () => {
  it.each([
    ['500m', 0.5],
    ['2', 2],
    ['1Gi', 2 ** 30],
    ['1.5k', 1500],
    ['2e3', 2000],
    ['1E', 1e18],
    [3, 3],
  ])('reads %s', (text, value) => expect(parseQuantity(text)).toBeCloseTo(value, 9))

  it.each(['', 'x', '1Q', '-', 'Gi', undefined])('refuses %s', (text) => {
    expect(parseQuantity(text)).toBeUndefined()
  })
})
