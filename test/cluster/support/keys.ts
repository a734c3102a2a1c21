import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { curveOf } from '../../security/spies.ts'
import type { Kubernetes } from './kubernetes.ts'
import { readSecret, SecretFolder, writeFiles } from './secret-folder.ts'

/** Whose pairs the administrator's Secret holds, and where `recado keys` would put them. */
const HOLDERS = {
  broker: 'broker',
  proxy: 'proxy',
  server: 'server',
  operator: 'operator',
  local: 'clients/local',
} as const

/** The keys of a cluster in secured mode, as its administrator and its clients have them. */
export class ClusterKeys {
  readonly #kubernetes: Kubernetes
  readonly #namespace: string
  readonly #name: string
  #client: Promise<SecretFolder> | undefined
  readonly #folders: string[] = []

  constructor(kubernetes: Kubernetes, namespace: string, name: string) {
    this.#kubernetes = kubernetes
    this.#namespace = namespace
    this.#name = name
  }

  /** The KEYS_DIR of the cluster's own client; what changes in its Secret changes there. */
  async clientFolder(): Promise<string> {
    this.#client ??= SecretFolder.open(this.#kubernetes, this.#namespace, `${this.#name}-client-keys`)
    return (await this.#client).path
  }

  /** All keys as they are now, as `recado keys` lays them out, in `keys` of a folder of its own. */
  async loot(): Promise<{ readonly folder: string }> {
    const files = await readSecret(this.#kubernetes, this.#namespace, `${this.#name}-keys`)
    const folder = mkdtempSync(join(tmpdir(), 'recado-keys-'))
    this.#folders.push(folder)
    const pairs = Object.entries(HOLDERS).map(([name, place]) => [
      `${place}/own.key_secret`,
      files[`${name}.key_secret`] ?? '',
    ])
    writeFiles(join(folder, 'keys'), { ...files, ...Object.fromEntries(pairs) })
    return { folder }
  }

  /** What an operator shows ref. */
  async operatorCurve(): Promise<Readonly<Record<string, string>>> {
    return curveOf(await this.loot(), 'operator', 'back')
  }

  close(): void {
    void this.#client?.then((folder) => folder.close()).catch(() => {})
    this.#client = undefined
    for (const folder of this.#folders.splice(0)) rmSync(folder, { recursive: true, force: true })
  }
}
