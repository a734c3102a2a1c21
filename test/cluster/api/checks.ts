import { isDeepStrictEqual } from 'node:util'
import { systemChance } from '../../../src/adapters/chance.ts'
import { openKubeTransport } from '../../../src/adapters/kubernetes/index.ts'
import { systemTime, systemTimers } from '../../../src/adapters/time.ts'
import { KINDS } from '../../../src/operator/kinds.ts'
import {
  ApiEventRecorder,
  Elector,
  HttpKubeApi,
  ObjectCache,
  Requests,
} from '../../../src/operator/kube/index.ts'
import { Reachability } from '../../../src/operator/kube/reachability.ts'
import { Reflector } from '../../../src/operator/kube/reflector.ts'
import type { KubeObject } from '../../../src/ports/index.ts'
import { countingMetrics } from '../../support/counting-metrics.ts'
import { until } from '../../support/load.ts'
import { quietLog } from '../../support/quiet.ts'

const WAIT_MS = 15_000
const LABELS = { 'recado.dev/checks': 'api' }

/** What the operator's requests ask of an API server, asked of a real one. */
export interface Checked {
  readonly says: string
  /** What was wrong; absent when nothing was. */
  readonly wrong?: string
}

/** In a namespace that is empty, or was left by this. */
export async function checkApi(kubeconfig: string, namespace: string): Promise<Checked[]> {
  const transport = await openKubeTransport({ kubeconfig })
  try {
    const checks = new ApiChecks(new Requests(transport, countingMetrics()), namespace)
    const results: Checked[] = []
    for (const [says, check] of checks.all()) {
      const wrong = await check().catch((error: unknown) => String(error))
      results.push(wrong === undefined ? { says } : { says, wrong })
    }
    return results
  } finally {
    transport.close()
  }
}

type Check = () => Promise<string | undefined>

class ApiChecks {
  readonly #requests: Requests
  readonly #api: HttpKubeApi
  readonly #namespace: string

  constructor(requests: Requests, namespace: string) {
    this.#requests = requests
    this.#api = new HttpKubeApi(requests)
    this.#namespace = namespace
  }

  all(): readonly [says: string, check: Check][] {
    return [
      ['an applied object keeps every field', () => this.#keepsFields()],
      ['applying the same again writes nothing', () => this.#appliesOnce()],
      ['what a later form leaves out is taken away', () => this.#takesAway()],
      ['only the very object is deleted', () => this.#deletesOne()],
      ['a watch tells what a list and later changes made', () => this.#watches()],
      ['a watch from too long ago begins anew', () => this.#beginsAnew()],
      ['a Lease is taken by one of two, and by the other when it is given back', () => this.#leads()],
      ['an Event is taken as it is', () => this.#records()],
    ]
  }

  /** client-node's models lose `from`: then a policy would allow everybody. */
  async #keepsFields(): Promise<string | undefined> {
    const policy = this.#policy('fields')
    await this.#api.apply(KINDS.networkPolicy, policy)
    const live = await this.#api.get(KINDS.networkPolicy, policy.metadata)
    const { ingress } = (live?.['spec'] ?? {}) as { ingress?: unknown }
    const { ingress: wanted } = policy['spec'] as { ingress: unknown }
    return isDeepStrictEqual(ingress, wanted) ? undefined : `ingress is ${JSON.stringify(ingress)}`
  }

  async #appliesOnce(): Promise<string | undefined> {
    const policy = this.#policy('once')
    const first = await this.#api.apply(KINDS.networkPolicy, policy)
    const second = await this.#api.apply(KINDS.networkPolicy, policy)
    const versions = [first, second].map(({ metadata }) => metadata.resourceVersion)
    return versions[0] === versions[1] ? undefined : `versions ${versions.join(' and ')}`
  }

  async #takesAway(): Promise<string | undefined> {
    const service = (extra: object): KubeObject => ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'taken', namespace: this.#namespace, labels: LABELS, ...extra },
      spec: { ports: [{ name: 'http', port: 80, protocol: 'TCP' }] },
    })
    await this.#api.apply(KINDS.service, service({ annotations: { gone: 'yes' } }))
    const { metadata } = await this.#api.apply(KINDS.service, service({}))
    return metadata.annotations?.['gone'] === undefined ? undefined : 'the annotation is still there'
  }

  async #deletesOne(): Promise<string | undefined> {
    const { metadata } = await this.#api.apply(KINDS.networkPolicy, this.#policy('deleted'))
    const uid = metadata.uid ?? ''
    const other = '00000000-0000-0000-0000-000000000000'
    const deleted = [
      await this.#api.delete(KINDS.networkPolicy, metadata, { uid: other }),
      await this.#api.delete(KINDS.networkPolicy, metadata, { uid }),
      await this.#api.delete(KINDS.networkPolicy, metadata, { uid }),
    ]
    return deleted.join() === 'false,true,false' ? undefined : deleted.join()
  }

  async #watches(): Promise<string | undefined> {
    await this.#api.apply(KINDS.networkPolicy, this.#policy('listed'))
    const watch = this.#reflector()
    watch.reflector.start()
    try {
      await until(WAIT_MS, () => watch.has('listed') || 'what was there is not told')
      await this.#api.apply(KINDS.networkPolicy, this.#policy('watched'))
      await until(WAIT_MS, () => watch.has('watched') || 'what is new is not told')
      await this.#api.delete(KINDS.networkPolicy, { namespace: this.#namespace, name: 'watched' })
      await until(WAIT_MS, () => !watch.has('watched') || 'what is gone is not told')
      return undefined
    } finally {
      watch.reflector.stop()
    }
  }

  async #beginsAnew(): Promise<string | undefined> {
    const path = `/api/v1/namespaces/${this.#namespace}/pods?watch=true&resourceVersion=1`
    const said = await new Promise<string>((resolve) => {
      this.#requests.watch(path, {
        opened: () => {},
        line: (text) => resolve(text),
        ended: (end) => resolve(end instanceof Error ? end.message : end.body),
      })
    })
    return said.includes('"code":410') ? undefined : said
  }

  async #leads(): Promise<string | undefined> {
    const lease = { namespace: this.#namespace, name: 'checked' }
    await this.#api.delete(KINDS.lease, lease)
    const [first, second] = [this.#elector('first', lease), this.#elector('second', lease)]
    try {
      first.start()
      await until(WAIT_MS, () => first.isLeading || 'the first does not lead')
      second.start()
      await until(WAIT_MS, async () => (await first.confirmTerm()) === 0 || 'the first does not hold it')
      await first.stop()
      await until(WAIT_MS, () => second.isLeading || 'the second does not lead')
      return second.term === 1 && !first.isLeading ? undefined : `its term is ${second.term}`
    } finally {
      await second.stop()
    }
  }

  async #records(): Promise<string | undefined> {
    const metrics = countingMetrics()
    const recorder = new ApiEventRecorder({ ...this.#parts(metrics), api: this.#api, instance: 'checks' })
    const regarding = await this.#api.apply(KINDS.networkPolicy, this.#policy('told'))
    const note = 'Said by a test'
    recorder.record(regarding, { type: 'Normal', reason: 'Checked', action: 'Check', note })
    const isThere = async (): Promise<true | string> => {
      const events = await this.#api.list(KINDS.event, { namespace: this.#namespace })
      const dropped = metrics.value('recado_operator_events_dropped_total')
      return events.some((event) => event['note'] === note) || `no Event; ${dropped} dropped`
    }
    try {
      await until(WAIT_MS, isThere)
      return undefined
    } finally {
      recorder.stop()
    }
  }

  #policy(name: string): KubeObject {
    return {
      apiVersion: KINDS.networkPolicy.apiVersion,
      kind: KINDS.networkPolicy.kind,
      metadata: { name, namespace: this.#namespace, labels: LABELS },
      spec: {
        podSelector: { matchLabels: { name: 'nobody' } },
        policyTypes: ['Ingress'],
        ingress: [{ from: [{ podSelector: {} }], ports: [{ port: 'http', protocol: 'TCP' }] }],
      },
    }
  }

  #reflector(): { reflector: Reflector; has: (name: string) => boolean } {
    const cache = new ObjectCache()
    const parts = { ...this.#parts(countingMetrics()), requests: this.#requests, cache }
    const told = { changed: () => {}, stateChanged: () => {} }
    const reflector = new Reflector(
      { ...parts, ...told, reachability: new Reachability(parts) },
      { kind: KINDS.networkPolicy, namespace: this.#namespace, labelSelector: 'recado.dev/checks=api' },
    )
    const has = (name: string): boolean =>
      cache.get(KINDS.networkPolicy, { namespace: this.#namespace, name }) !== undefined
    return { reflector, has }
  }

  #elector(identity: string, lease: { namespace: string; name: string }): Elector {
    const parts = this.#parts(countingMetrics())
    const told = { began: () => {}, ended: () => {} }
    return new Elector({ ...parts, ...told, api: this.#api, lease, identity })
  }

  #parts(metrics: ReturnType<typeof countingMetrics>) {
    return { time: systemTime(), timers: systemTimers, chance: systemChance, log: quietLog, metrics }
  }
}
