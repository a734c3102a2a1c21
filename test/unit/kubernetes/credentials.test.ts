import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { inCluster, openKubeTransport } from '../../../src/adapters/kubernetes/index.ts'
import { fromKubeconfig } from '../../../src/adapters/kubernetes/kubeconfig.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'recado-kube-'))
})

afterEach(() => rmSync(folder, { recursive: true }))

function write(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

const kubeconfig = (cluster: object, user: object): string =>
  write(
    'config',
    JSON.stringify({
      clusters: [{ name: 'c', cluster }],
      users: [{ name: 'u', user }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    }),
  )

describe('a pod', () => {
  it('finds the API server by what Kubernetes mounts and tells, and reads the files each time', async () => {
    write('token', 'first\n')
    write('ca.crt', 'authority')
    const server = inCluster('10.0.0.1', 443, folder)
    expect(server.url.href).toBe('https://10.0.0.1/')
    expect(await server.credentials()).toEqual({
      headers: { authorization: 'Bearer first' },
      tls: { ca: 'authority' },
    })

    write('token', 'second')
    expect((await server.credentials()).headers).toEqual({ authorization: 'Bearer second' })
  })

  it('finds it by an IPv6 address', () => {
    expect(inCluster('fd00::1', 6443).url.href).toBe('https://[fd00::1]:6443/')
  })
})

describe('a kubeconfig', () => {
  it('gives certificates that it holds and that it names by a file beside it', async () => {
    write('authority', 'the authority')
    const data = (text: string): string => Buffer.from(text).toString('base64')
    const file = kubeconfig(
      { server: 'https://host:6443', 'certificate-authority': 'authority', 'tls-server-name': 'kubernetes' },
      { 'client-certificate-data': data('certificate'), 'client-key-data': data('key') },
    )

    const server = fromKubeconfig(file)

    expect(server.url.href).toBe('https://host:6443/')
    expect(await server.credentials()).toEqual({
      headers: {},
      tls: { ca: 'the authority', cert: 'certificate', key: 'key', servername: 'kubernetes' },
    })
  })

  it('gives a token', async () => {
    const server = fromKubeconfig(kubeconfig({ server: 'https://host' }, { token: 'secret' }))

    expect((await server.credentials()).headers).toEqual({ authorization: 'Bearer secret' })
  })

  it('gives no credentials to a plain address', async () => {
    const server = fromKubeconfig(kubeconfig({ server: 'http://127.0.0.1:8001' }, { token: 'secret' }))

    expect(await server.credentials()).toEqual({ headers: {}, tls: {} })
  })

  it.each([
    ['is not there', () => join(folder, 'none')],
    ['names no cluster', () => write('config', '{}')],
    ['is no kubeconfig', () => write('config', '- :')],
  ])('that %s is a bad option', (_, file) => {
    expect(() => fromKubeconfig(file())).toThrow(expect.objectContaining({ code: 'bad_option' }))
  })
})

describe('openKubeTransport', () => {
  it('says what is missing when neither a file nor a pod says where the API server is', async () => {
    await expect(openKubeTransport({})).rejects.toThrow(expect.objectContaining({ code: 'bad_option' }))
  })

  it('goes to where a kubeconfig says', async () => {
    const transport = await openKubeTransport({
      kubeconfig: kubeconfig({ server: 'http://127.0.0.1:1' }, {}),
    })

    await expect(transport.request({ method: 'GET', path: '/', deadlineMs: 5000 })).rejects.toThrow(
      'ECONNREFUSED',
    )
    transport.close()
  })
})
