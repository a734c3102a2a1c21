import type { KeyPair, Pass } from '../../ports/index.ts'
import type { Keyring } from './keyring.ts'

/** What the operator shows at a cluster's refs: its own pair of now, and whom it trusts. */
export class OperatorPass implements Pass {
  readonly #callbacks = new Set<() => void>()
  #keyring: Keyring

  constructor(keyring: Keyring) {
    this.#keyring = keyring
  }

  get pair(): KeyPair {
    return this.#keyring.pairs.operator
  }

  get trusted(): readonly string[] {
    return this.#keyring.lists.back.map(({ key }) => key)
  }

  /** Links that are open are made anew when what they show or trust is another. */
  renew(keyring: Keyring): void {
    const former = this.#keyring
    this.#keyring = keyring
    const isSame =
      former.pairs.operator.secretKey === this.pair.secretKey &&
      former.lists.back.map(({ key }) => key).join() === this.trusted.join()
    if (!isSame) for (const callback of this.#callbacks) callback()
  }

  onChange(callback: () => void): () => void {
    this.#callbacks.add(callback)
    return () => this.#callbacks.delete(callback)
  }
}
