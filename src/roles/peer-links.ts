import { type AddressWatch, watchAddresses } from '../adapters/resolver.ts'
import { openDealer } from '../adapters/zeromq/index.ts'
import { isAddress } from '../config/index.ts'
import { BoundedWarnings, type Dealer, type Log, type Pass, type Timers } from '../ports/index.ts'

export interface PeerLinksOptions {
  readonly timers: Timers
  readonly log: Log
  /** In secured mode. */
  readonly pass?: Pass | undefined
}

interface PeerLink {
  readonly address: string
  readonly watch: AddressWatch
}

/** A server's links to the other servers, one each: it only sends on them, for answers come by the peers' own. */
export class PeerLinks {
  readonly #options: PeerLinksOptions
  readonly #links = new Map<string, PeerLink>()
  /** By name of the peer; none while its host's name has not been found. */
  readonly #dealers = new Map<string, { readonly resolved: string; readonly dealer: Dealer }>()

  readonly #warnings: BoundedWarnings

  constructor(options: PeerLinksOptions) {
    this.#options = options
    this.#warnings = new BoundedWarnings(options, {}, 'Left out more peers')
  }

  send(name: string, frames: Uint8Array[]): boolean {
    return this.#dealers.get(name)?.dealer.send(frames) ?? false
  }

  /** These are the peers now, with where they say that they are; who says what is no address is not linked to. */
  set(said: ReadonlyMap<string, string>): void {
    const addresses = new Map([...said].filter((peer) => this.#isUsable(...peer)))
    for (const [name, { address, watch }] of this.#links) {
      if (addresses.get(name) === address) continue
      watch.close()
      this.#links.delete(name)
      this.#connect(name, undefined)
    }
    for (const [name, address] of addresses) {
      if (this.#links.has(name)) continue
      const onChange = ([resolved]: readonly string[]): void => this.#connect(name, resolved)
      this.#links.set(name, { address, watch: watchAddresses([address], { ...this.#options, onChange }) })
    }
  }

  async close(): Promise<void> {
    for (const { watch } of this.#links.values()) watch.close()
    this.#links.clear()
    const dealers = [...this.#dealers.values()]
    this.#dealers.clear()
    await Promise.all(dealers.map(({ dealer }) => dealer.close()))
  }

  #isUsable(peer: string, address: string): boolean {
    const usable = isAddress(address)
    if (!usable) this.#warnings.warn({ peer }, 'Left out a peer: what it calls its address is none')
    return usable
  }

  #connect(name: string, resolved: string | undefined): void {
    const known = this.#dealers.get(name)
    if (known?.resolved === resolved) return
    this.#dealers.delete(name)
    known?.dealer
      .close()
      .catch((error: unknown) =>
        this.#options.log.warn({ err: error, address: known.resolved }, 'Cannot close a link'),
      )
    if (resolved !== undefined)
      this.#dealers.set(name, { resolved, dealer: openDealer(resolved, this.#options.pass) })
  }
}
