import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { run } from '../../../src/cli/program.ts'
import { definitions } from '../../../src/operator/index.ts'
import { type Received, TestHttpServer } from '../../support/http-server.ts'

const CLUSTERS = '/apis/recado.dev/v1alpha1/namespaces/shop/messagingclusters'

let server: TestHttpServer
let folder: string

beforeEach(async () => {
  server = await new TestHttpServer().open()
  folder = mkdtempSync(join(tmpdir(), 'recado-kubeconfig-'))
})

afterEach(async () => {
  rmSync(folder, { recursive: true })
  await server.close()
})

/** The command, with a kubeconfig that names the test's server. */
async function recado(...args: readonly string[]): Promise<{ status: number; out: string; err: string }> {
  const kubeconfig = join(folder, 'config')
  const config = {
    'current-context': 'test',
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    clusters: [{ name: 'test', cluster: { server: server.url.origin } }],
    users: [{ name: 'test', user: {} }],
  }
  writeFileSync(kubeconfig, JSON.stringify(config))
  let [out, err] = ['', '']
  const status = await run(args, {
    environment: { KUBECONFIG: kubeconfig, POD_NAMESPACE: 'shop' },
    write: (text) => {
      out += text
    },
    writeError: (text) => {
      err += text
    },
    readInput: () => Promise.resolve(new Uint8Array()),
    signal: new AbortController().signal,
  })
  return { status, out, err }
}

function answer(bodies: Readonly<Record<string, object>>): void {
  server.answer = ({ url }: Received, response) => {
    const [path = ''] = url.split('?')
    const body = bodies[path]
    response.statusCode = body === undefined ? 404 : 200
    response.end(JSON.stringify(body ?? { kind: 'Status', reason: 'NotFound', message: `no ${path}` }))
  }
}

const list = (...items: readonly object[]): object => ({ kind: 'List', metadata: {}, items })

describe('recado kubernetes definition', () => {
  it('apply sends every definition that this version carries, as what the operator owns', async () => {
    const collection = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
    answer(Object.fromEntries(definitions().map((each) => [`${collection}/${each.metadata.name}`, each])))

    const { status, out } = await recado('kubernetes', 'definition', 'apply')

    expect({ status, out }).toEqual({
      status: 0,
      out: 'The definitions messagingclusters.recado.dev and messagingusers.recado.dev are up to date\n',
    })
    for (const { method, url } of server.received) {
      expect(method).toBe('PATCH')
      expect(url).toMatch(/\?fieldManager=recado-operator&force=true$/)
    }
    expect(server.received.map(({ body }) => JSON.parse(body))).toEqual(definitions())
  })

  it('apply ends with kubernetes_refused and what the API server said', async () => {
    answer({})

    const { status, err } = await recado('kubernetes', 'definition', 'apply')

    expect(err).toMatch(/^recado: kubernetes_refused: The API server refused with 404: .*no \/apis\//)
    expect(status).toBe(1)
  })

  it('print writes them as a list that kubectl takes', async () => {
    const { out } = await recado('kubernetes', 'definition', 'print')

    expect(JSON.parse(out)).toEqual({ apiVersion: 'v1', kind: 'List', items: definitions() })
  })
})

describe('recado kubernetes check', () => {
  it('asks the operator, and says so when the namespace has no MessagingCluster', async () => {
    answer({ [CLUSTERS]: list(), '/readyz': {} })

    const { status, out, err } = await recado('kubernetes', 'check', '--operator', server.url.origin)

    expect(out).toBe(
      `WHAT${' '.repeat(server.url.origin.length + 7)}RESULT\noperator ${server.url.origin}  ready\n`,
    )
    expect(err).toBe('There is no MessagingCluster in namespace shop to say anything through\n')
    expect(status).toBe(0)
  })

  it('ends with check_failed when the operator is not ready', async () => {
    answer({ [CLUSTERS]: list() })

    const { status, out, err } = await recado('kubernetes', 'check', '--operator', server.url.origin)

    expect(out).toContain('not ready: {"kind":"Status"')
    expect(err).toContain('recado: check_failed: operator ')
    expect(status).toBe(1)
  })

  it('names a MessagingCluster that does not answer, and what the operator says of it', async () => {
    const conditions = [
      { type: 'Ready', status: 'False', reason: 'NoQuorum', message: '1 of 3 servers is ready' },
    ]
    const orders = {
      kind: 'MessagingCluster',
      metadata: { name: 'orders', namespace: 'shop' },
      status: { conditions },
    }
    const going = {
      kind: 'MessagingCluster',
      metadata: { name: 'going', deletionTimestamp: '2026-01-01T00:00:00Z' },
    }
    answer({ [CLUSTERS]: list(orders, going) })

    const { status, out, err } = await recado('kubernetes', 'check', '--timeout', '300')

    expect(out).toMatch(
      /MessagingCluster shop\/orders {2}.* \(Ready is False: NoQuorum: 1 of 3 servers is ready\)\n$/,
    )
    expect(out).not.toContain('going')
    expect(err).toBe('recado: check_failed: MessagingCluster shop/orders: see above\n')
    expect(status).toBe(1)
  })
})
