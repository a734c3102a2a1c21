import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import type { KubeObject, ResourceKind } from '../../../src/ports/kubernetes.ts'
import { type CommandOptions, run, text } from './command.ts'

const REQUEST_MS = 10_000
const PROXY_MS = 20_000

/** A Kubernetes cluster as a person with kubectl has it. Reads go over one `kubectl proxy`, for tests poll. */
export class Kubernetes {
  readonly #proxy: ChildProcess
  readonly #base: string
  /** KUBECONFIG, and a PATH with the commands. */
  readonly env: Readonly<Record<string, string>>

  /** Whether this machine has a way to the addresses of Services. */
  readonly reachesServices: boolean

  private constructor(
    proxy: ChildProcess,
    base: string,
    env: Readonly<Record<string, string>>,
    reachesServices: boolean,
  ) {
    this.#proxy = proxy
    this.#base = base
    this.env = env
    this.reachesServices = reachesServices
  }

  /** `env`: KUBECONFIG, and a PATH with kubectl and helm. */
  static async open(
    env: Readonly<Record<string, string>>,
    { reachesServices }: { reachesServices: boolean },
  ): Promise<Kubernetes> {
    const proxy = spawn('kubectl', ['proxy', '--port=0'], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, ...env },
    })
    try {
      return new Kubernetes(proxy, `http://${await addressOf(proxy)}`, env, reachesServices)
    } catch (error) {
      proxy.kill()
      throw error
    }
  }

  /** The path of the kubeconfig. */
  get kubeconfig(): string {
    return this.env['KUBECONFIG'] ?? ''
  }

  close(): void {
    this.#proxy.kill()
  }

  kubectl(...args: readonly string[]): Promise<string> {
    return this.command('kubectl', args)
  }

  command(name: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
    return text(name, args, { ...options, env: { ...this.env, ...options.env } })
  }

  /** What a command in a container writes. */
  exec(namespace: string, pod: string, ...command: readonly string[]): Promise<Buffer> {
    return run('kubectl', ['exec', '-n', namespace, pod, '--', ...command], { env: this.env })
  }

  /** Applies manifests, as `kubectl apply` does; what it printed. */
  apply(...manifests: readonly object[]): Promise<string> {
    const input = manifests.map((manifest) => JSON.stringify(manifest)).join('\n---\n')
    return this.command('kubectl', ['apply', '-f', '-'], { input })
  }

  async get(
    kind: ResourceKind,
    namespace: string | undefined,
    name: string,
  ): Promise<KubeObject | undefined> {
    const response = await this.#fetch(`${pathOf(kind, namespace)}/${name}`)
    if (response.status === 404) return undefined
    return (await bodyOf(response)) as KubeObject
  }

  /** All of a kind in a namespace, or of all namespaces. */
  async list(kind: ResourceKind, namespace?: string, labelSelector = ''): Promise<KubeObject[]> {
    const query = labelSelector === '' ? '' : `?labelSelector=${encodeURIComponent(labelSelector)}`
    const response = await this.#fetch(`${pathOf(kind, namespace)}${query}`)
    return ((await bodyOf(response)) as { items: KubeObject[] }).items
  }

  /** The address of a node that is ready. */
  async nodeAddress(): Promise<string> {
    const { items } = JSON.parse(await this.raw('/api/v1/nodes')) as {
      items: {
        status: {
          addresses: { type: string; address: string }[]
          conditions: { type: string; status: string }[]
        }
      }[]
    }
    const ready = items.find(({ status }) =>
      status.conditions.some(({ type, status: is }) => type === 'Ready' && is === 'True'),
    )
    const found = ready?.status.addresses.find(({ type }) => type === 'InternalIP')
    if (found === undefined) throw new Error('No node is ready')
    return found.address
  }

  /** Any path of the API server, as text. */
  async raw(path: string): Promise<string> {
    const response = await this.#fetch(path)
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
    return response.text()
  }

  /** Waits for nothing; with `force` the pod goes at once, as a killed one does. @throws Error when it is not there */
  async deletePod(namespace: string, name: string, options: { force?: boolean } = {}): Promise<void> {
    const grace = options.force === true ? ['--grace-period=0', '--force'] : []
    await this.kubectl('delete', 'pod', '-n', namespace, name, '--wait=false', ...grace)
  }

  #fetch(path: string): Promise<Response> {
    return fetch(`${this.#base}${path}`, { signal: AbortSignal.timeout(REQUEST_MS) })
  }
}

/** Where `kubectl proxy` listens, as it says itself. @throws Error when it ends first, or says nothing within 20 s */
function addressOf(proxy: ChildProcessByStdio<null, Readable, null>): Promise<string> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => {
      reject(new Error(`kubectl proxy did not say where it listens within ${PROXY_MS / 1000} s`))
    }, PROXY_MS)
    proxy.on('error', reject)
    proxy.on('exit', (code, signal) => reject(new Error(`kubectl proxy ended with ${code ?? signal}`)))
    createInterface(proxy.stdout).on('line', (line) => {
      const found = /127\.0\.0\.1:\d+/.exec(line)
      if (found === null) return
      clearTimeout(late)
      resolve(found[0])
    })
  })
}

async function bodyOf(response: Response): Promise<unknown> {
  if (response.ok) return response.json()
  throw new Error(`The API server answered ${response.status}: ${await response.text()}`)
}

function pathOf({ apiVersion, plural }: ResourceKind, namespace: string | undefined): string {
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
  return namespace === undefined ? `${root}/${plural}` : `${root}/namespaces/${namespace}/${plural}`
}
