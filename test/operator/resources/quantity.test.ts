import { describe, expect, it } from 'vitest'
import { canonicalQuantity } from '../../../src/operator/resources/index.ts'

describe('canonicalQuantity', () => {
  // Each as a real API server gave it back.
  it.each([
    [1, '1'],
    ['1000m', '1'],
    ['1500m', '1500m'],
    ['0.5', '500m'],
    ['1.5', '1500m'],
    ['0', '0'],
    ['0Gi', '0'],
    [1000, '1k'],
    ['1000k', '1M'],
    ['1024', '1024'],
    ['1024Mi', '1Gi'],
    ['1.5Gi', '1536Mi'],
    ['1.1Gi', '1181116006400m'],
    ['0.5Ki', '512'],
    ['0.0005', '1m'],
    ['512Ki', '512Ki'],
    ['10Gi', '10Gi'],
    ['1G', '1G'],
    ['1024Ti', '1Pi'],
  ])('gives %s back as %s, as the API server does', (written, canonical) => {
    expect(canonicalQuantity(written)).toBe(canonical)
    expect(canonicalQuantity(canonical)).toBe(canonical)
  })

  it.each(['', 'ten', '1e3', '-1', '1 Gi'])('refuses "%s"', (written) => {
    expect(() => canonicalQuantity(written)).toThrow(RangeError)
  })
})
