import { describe, expect, it } from 'vitest'
import { renderedHash } from '../../../src/operator/resources/index.ts'
import { CONTEXT, type Json, objectsOf, podTemplatesOf } from '../support/rendering.ts'

const templates = podTemplatesOf(objectsOf({ clients: { replicas: 1 } }))
const open = podTemplatesOf(objectsOf({ clients: { replicas: 1 }, security: { mode: 'open' } }))

describe('the pods of a cluster', () => {
  it('are the same whatever the number of servers, brokers, proxies and clients: scaling restarts nobody', () => {
    const more = podTemplatesOf(
      objectsOf(
        {
          servers: { replicas: 5 },
          brokers: { replicas: 7 },
          proxies: { replicas: 4 },
          clients: { replicas: 9 },
        },
        { serverReplicas: 6 },
      ),
    )

    expect(more).toEqual(templates)
  })

  it('are the same when something that is not theirs changes: service, budgets, policies, volumes, monitors', () => {
    const other = podTemplatesOf(
      objectsOf(
        {
          clients: { replicas: 1 },
          service: { type: 'NodePort' },
          networkPolicy: { enabled: false },
          servers: { storage: { size: '20Gi', retain: false } },
          monitoring: { monitors: false, interval: '5s' },
          paused: true,
        },
        { serves: () => true, operatorNamespace: 'elsewhere' },
      ),
    )

    expect(other).toEqual(templates)
  })

  // Whoever changes one of these rolls every cluster when the operator is upgraded: that is then said in CHANGELOG.md.
  it.each([
    ['chat-ref', '2af3b8dab50708d3'],
    ['chat-broker', 'cab0567ac5d54c27'],
    ['chat-proxy', '8b4b8e1003910454'],
    ['chat-server', '3c42c1a9f9ac6319'],
    ['chat-client', '5fa1d912e6414c85'],
  ])(
    'of %s in open mode are rendered as by the version before: an upgrade of the operator rolls nothing',
    (name, hash) => {
      expect(renderedHash(open[name])).toBe(hash)
    },
  )

  it('take the operator’s image unless one is named, which is left alone', () => {
    const imagesOf = (spec: Readonly<Record<string, unknown>>): string[] =>
      Object.values(podTemplatesOf(objectsOf(spec, { image: 'recado:2' }))).map(
        (each) => each.spec.containers[0].image,
      )

    expect(new Set(imagesOf({}))).toEqual(new Set(['recado:2']))
    expect(new Set(imagesOf({ image: { name: 'own/recado:1' } }))).toEqual(new Set(['own/recado:1']))
    expect(templates['chat-server'].spec.containers[0].image).toBe(CONTEXT.image)
  })

  it('have no token of an account, and no variables made of Services', () => {
    for (const { spec } of Object.values(templates)) {
      expect(spec).toMatchObject({ automountServiceAccountToken: false, enableServiceLinks: false })
    }
  })

  it('learn the number and names of servers from ref alone', () => {
    const names = Object.values(templates).flatMap(({ spec }) =>
      spec.containers[0].env.map((each: Json) => each.name),
    )

    expect(names).toContain('BROKERS')
    expect(names.filter((name) => ['SERVERS', 'PEERS'].includes(name))).toEqual([])
  })

  it('linger after they were asked to end where clients connect to them, and only there', () => {
    const lingering = Object.entries(templates)
      .filter(([, { spec }]) => spec.containers[0].lifecycle?.preStop.sleep.seconds === 3)
      .map(([name]) => name)

    expect(lingering.toSorted()).toEqual(['chat-broker', 'chat-proxy'])
  })

  it('of ref leave a node that is gone after 20 seconds, unless the resource says how long', () => {
    const seconds = (spec: Readonly<Record<string, unknown>>): Readonly<Record<string, number>> => {
      const { tolerations } = podTemplatesOf(objectsOf(spec))['chat-ref'].spec
      return Object.fromEntries(tolerations.map((each: Json) => [each.key, each.tolerationSeconds]))
    }
    const unreachable = 'node.kubernetes.io/unreachable'
    const own = { key: unreachable, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 90 }

    expect(seconds({})).toEqual({ 'node.kubernetes.io/not-ready': 20, [unreachable]: 20 })
    expect(seconds({ ref: { template: { tolerations: [own] } } })[unreachable]).toBe(90)
  })

  it('keep the operator’s labels beside those of people', () => {
    const { labels } = podTemplatesOf(objectsOf({ servers: { template: { labels: { team: 'chat' } } } }))[
      'chat-server'
    ].metadata

    expect(labels).toMatchObject({ team: 'chat', 'app.kubernetes.io/instance': 'chat' })
  })
})
