import { type AddressWatch, watchAddresses } from '../adapters/resolver.ts'
import { openDealer } from '../adapters/zeromq/index.ts'
import type { Pass } from '../ports/index.ts'
import { Heartbeater, type HeartbeaterOptions } from '../ref/index.ts'

export interface RefLinkOptions extends Omit<HeartbeaterOptions, 'openDealer'> {
  /** Where the refs are: `tcp://host:port`; a name stands for all its addresses. None: no heartbeats. */
  readonly refs: readonly string[]
  /** In secured mode. */
  readonly pass?: Pass | undefined
}

/** A process's link to ref, wherever ref is now: one that was replaced is found under the same name at another address. */
export class RefLink {
  readonly #options: RefLinkOptions
  readonly #heartbeater: Heartbeater
  #watch: AddressWatch | undefined

  constructor(options: RefLinkOptions) {
    this.#options = options
    this.#heartbeater = new Heartbeater({
      ...options,
      openDealer: (address) => openDealer(address, options.pass),
    })
  }

  /** Whether no ref has answered for a while. */
  get away(): boolean {
    return this.#heartbeater.away
  }

  start(): void {
    const { refs, timers, log } = this.#options
    if (refs.length === 0) return
    this.#heartbeater.start()
    this.#watch = watchAddresses(refs, {
      timers,
      log,
      onChange: (found) => this.#heartbeater.set(found),
    })
  }

  /** To be called when what is urgent may have changed. */
  review(): void {
    this.#heartbeater.review()
  }

  async stop(): Promise<void> {
    this.#watch?.close()
    await this.#heartbeater.stop()
  }
}
