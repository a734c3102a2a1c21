import { describe, expect, it } from 'vitest'
import { createMetrics } from '../../src/adapters/metrics.ts'
import { METRICS } from '../../src/ports/index.ts'

describe('createMetrics', () => {
  it('registers the catalogue and nothing else of ours', () => {
    const names = createMetrics()
      .names()
      .filter((name) => name.startsWith('recado_'))

    expect(names.toSorted()).toEqual(Object.keys(METRICS).toSorted())
  })

  it('writes what was added, set and observed when asked', async () => {
    const registry = createMetrics({ processMetrics: false })
    registry.metrics.add('recado_requests_total', 2, { service: 'publish', code: 'ok' })
    registry.metrics.set('recado_lamport_clock', 7)
    registry.metrics.observe('recado_request_duration_seconds', 0.003, { service: 'publish' })

    const text = await registry.text()

    expect(text).toContain('recado_requests_total{service="publish",code="ok"} 2')
    expect(text).toContain('recado_lamport_clock 7')
    expect(text).toContain('recado_request_duration_seconds_bucket{le="0.005",service="publish"} 1')
  })
})

describe('METRICS', () => {
  it.each(Object.entries(METRICS))('%s keeps to the naming of Prometheus', (name, { type, labels }) => {
    expect(name).toMatch(/^recado_[a-z0-9_]+$/)
    expect(name.endsWith('_total')).toBe(type === 'counter')
    expect(labels.filter((label: string) => ['user', 'channel', 'to'].includes(label))).toEqual([])
  })
})
