import type { KubeObject } from '../../ports/index.ts'
import type { Keyring } from './keyring.ts'
import { OperatorPass } from './operator-pass.ts'

/** Versions that are known to be replaced: no watch lags by more. */
const REPLACED_MAX = 32

interface Now {
  readonly monotonic: number
  readonly wall: number
}

/** A cluster's keys as one operator knows them, from pass to pass. */
export class HeldKeys {
  readonly #replaced = new Set<string>()
  #object: KubeObject | undefined
  #keyring: Keyring | undefined
  #pass: OperatorPass | undefined
  #generation = 0
  #changedAt: number | undefined
  #step = ''
  #stepAt = 0

  get keyring(): Keyring | undefined {
    return this.#keyring
  }

  /** The Secret that they stand in, as it was last read or written. */
  get object(): KubeObject | undefined {
    return this.#object
  }

  /** What is shown at refs; undefined until the keys were read. */
  get pass(): OperatorPass | undefined {
    return this.#pass
  }

  /** Wall ms of the last change of generation that this operator saw or made; undefined before the first. */
  get changedAt(): number | undefined {
    return this.#changedAt
  }

  /** Monotonic ms at which this operator met the step of the rotation that is under way. */
  get stepAt(): number {
    return this.#stepAt
  }

  /** Whether a watch shows what was replaced since: it lags. */
  isReplaced({ metadata }: KubeObject): boolean {
    return this.#replaced.has(versionOf(metadata))
  }

  take(object: KubeObject, keyring: Keyring, { monotonic, wall }: Now): void {
    const former = this.#object
    if (former !== undefined && versionOf(former.metadata) !== versionOf(object.metadata)) {
      this.#replaced.add(versionOf(former.metadata))
      const [oldest] = this.#replaced
      if (this.#replaced.size > REPLACED_MAX && oldest !== undefined) this.#replaced.delete(oldest)
    }
    this.#object = object
    this.#keyring = keyring
    if (this.#pass === undefined) this.#pass = new OperatorPass(keyring)
    else this.#pass.renew(keyring)
    const { generation, rotation } = keyring.state
    if (this.#generation > 0 && generation !== this.#generation) this.#changedAt = wall
    this.#generation = generation
    const step = rotation === null ? '' : `${rotation.generation}`
    if (step !== this.#step) this.#stepAt = monotonic
    this.#step = step
  }
}

/** Versions of different objects of one name may be the same. */
function versionOf({ uid, resourceVersion }: KubeObject['metadata']): string {
  return `${uid} ${resourceVersion}`
}
