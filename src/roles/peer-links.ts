import { openDealer } from '../adapters/zeromq/index.ts'
import type { Dealer, Log } from '../ports/index.ts'

/** A server's links to the other servers, one each: it only sends on them, for answers come by the peers' own. */
export class PeerLinks {
  readonly #log: Log
  readonly #links = new Map<string, { readonly address: string; readonly dealer: Dealer }>()

  constructor(log: Log) {
    this.#log = log
  }

  send(name: string, frames: Uint8Array[]): boolean {
    return this.#links.get(name)?.dealer.send(frames) ?? false
  }

  /** These are the peers now, with where they are. */
  set(addresses: ReadonlyMap<string, string>): void {
    for (const [name, { address, dealer }] of this.#links) {
      if (addresses.get(name) === address) continue
      this.#links.delete(name)
      dealer.close().catch((error: unknown) => this.#log.warn({ err: error, address }, 'Cannot close a link'))
    }
    for (const [name, address] of addresses) {
      if (!this.#links.has(name)) this.#links.set(name, { address, dealer: openDealer(address) })
    }
  }

  async close(): Promise<void> {
    const links = [...this.#links.values()]
    this.#links.clear()
    await Promise.all(links.map(({ dealer }) => dealer.close()))
  }
}
