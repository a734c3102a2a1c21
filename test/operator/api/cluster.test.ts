import { describe, expect, it } from 'vitest'
import { parseCluster } from '../../../src/operator/api/index.ts'
import { RecadoError } from '../../../src/wire/index.ts'
import { clusterOf } from '../support/clusters.ts'

describe('parseCluster', () => {
  it('fills in a good cluster where nothing is said', () => {
    const { spec } = clusterOf({})

    expect(spec).toMatchObject({
      image: {},
      security: { mode: 'secured', users: 'any' },
      service: { type: 'ClusterIP' },
      servers: { replicas: 3, acks: 'quorum', storage: { size: '10Gi', retain: true } },
      brokers: { replicas: 2 },
      proxies: { replicas: 2 },
      clients: { replicas: 0 },
      networkPolicy: { enabled: true },
      paused: false,
    })
  })

  it('keeps what is said, and fills in beside it', () => {
    const { spec } = clusterOf({
      servers: { storage: { size: '1Ti' }, template: { resources: { limits: { cpu: 2 } } } },
    })

    expect(spec.servers.storage).toMatchObject({ size: '1Ti', retain: true })
    expect(spec.servers.template.resources).toEqual({
      requests: { cpu: '200m', memory: '384Mi' },
      limits: { cpu: 2, memory: '1Gi' },
    })
  })

  it('keeps affinity as it is written, whatever is in it', () => {
    const affinity = { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1 }] } }

    expect(clusterOf({ servers: { template: { affinity } } }).spec.servers.template.affinity).toEqual(
      affinity,
    )
  })

  it('passes over fields of later versions', () => {
    expect(clusterOf({ servers: { yetToCome: true } }).spec.servers).not.toHaveProperty('yetToCome')
  })

  it('refuses what no definition of ours let pass, and names the field', () => {
    expect(() => clusterOf({ servers: { replicas: 'three' } })).toThrow(RecadoError)
    expect(() => clusterOf({ servers: { replicas: 'three' } })).toThrow(/spec\.servers\.replicas/)
  })

  it('takes a status that it cannot read for none', () => {
    const { status, ...rest } = parseCluster({ ...clusterOf({}), status: { conditions: 'none' } })

    expect(status).toBeUndefined()
    expect(rest.metadata.name).toBe('chat')
  })
})
