import { parseCertificate, parseKeyList } from '../../../src/keys/index.ts'
import { KINDS } from '../../../src/operator/kinds.ts'
import { filesOf } from '../../../src/operator/security/index.ts'
import type { ApiServer, Json } from './api-server.ts'
import type { World } from './world.ts'

type Files = Readonly<Record<string, string>>

/** What stands in the KEYS_DIR of each pod, by its uid: brought by kubelets at their own pace, read by processes at theirs. */
export class Mounts {
  readonly #world: World
  readonly #server: ApiServer
  readonly #read = new Map<string, Files>()
  readonly #annotations = new Map<string, string>()
  /** Names of pods whose kubelets bring nothing new. */
  readonly deaf = new Set<string>()

  constructor(world: World, server: ApiServer) {
    this.#world = world
    this.#server = server
    server.watchers.add((kind, object, isGone) => {
      if (kind === 'Pod') this.#changed(object, isGone)
    })
  }

  /** Whether a pod may start: what it mounts is there. It then has what the Secret holds now. */
  mount(pod: Json): boolean {
    const name = secretNameOf(pod)
    if (name === undefined) return true
    const secret = this.#server.get(KINDS.secret, name)
    if (secret === undefined) return false
    this.#read.set(pod.metadata.uid, filesOf(secret))
    this.#keepRefreshing(pod)
    return true
  }

  /** What the process has read; undefined in open mode. */
  of(uid: string): Files | undefined {
    return this.#read.get(uid)
  }

  generation(uid: string): number | undefined {
    const text = this.of(uid)?.['generation']
    return text === undefined ? undefined : Number(text)
  }

  /** Whether a process may connect to another's port: each proves a key that the other has read. */
  meets(uid: string, port: string, list: string): boolean {
    const [own, other] = [this.of(uid), this.of(port)]
    if (own === undefined || other === undefined) return own === other
    return (
      keysIn(other, list).includes(publicKey(own, 'own')) &&
      keysIn(own, 'back.keys').includes(publicKey(other, 'back'))
    )
  }

  #changed({ metadata, spec }: Json, isGone: boolean): void {
    const { uid, annotations } = metadata
    if (isGone) {
      this.#read.delete(uid)
      return
    }
    const value = annotations?.['recado.dev/keys']
    if (value === undefined || value === this.#annotations.get(uid)) return
    this.#annotations.set(uid, value)
    this.#refresh({ metadata, spec }, this.#world.between(50, 1500))
  }

  #keepRefreshing(pod: Json): void {
    this.#world.later(60_000, 90_000, () => {
      if (!this.#read.has(pod.metadata.uid)) return
      this.#refresh(pod, 0)
      this.#keepRefreshing(pod)
    })
  }

  /** The kubelet's own view of the Secret may lag, so a nudge may come too early; the process reads each second. */
  #refresh(pod: Json, ms: number): void {
    const { uid, name } = pod.metadata
    const secret = this.#world.odds(0.2) ? undefined : this.#server.get(KINDS.secret, secretNameOf(pod) ?? '')
    this.#world.time.schedule(ms, () => {
      if (secret === undefined || !this.#read.has(uid) || this.deaf.has(name)) return
      const files = filesOf(secret)
      this.#world.later(0, 1000, () => {
        if (this.#read.has(uid)) this.#read.set(uid, files)
      })
    })
  }
}

export function keysIn(files: Files, list: string): string[] {
  return parseKeyList(files[list] ?? '').map(({ key }) => key)
}

export function publicKey(files: Files, pair: string): string {
  return parseCertificate(files[`${pair}.key_secret`] ?? '')?.publicKey ?? ''
}

function secretNameOf({ spec }: Json): string | undefined {
  return spec.volumes?.find(({ secret }: Json) => secret !== undefined)?.secret.secretName
}
