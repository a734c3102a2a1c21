import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import type { Log, Timers } from '../ports/index.ts'

const LOOK_UP_INTERVAL_MS = 5000

export interface AddressWatch {
  close(): void
}

export interface WatchOptions {
  readonly timers: Timers
  readonly log: Log
  /** All resolved addresses, whenever they differ from those before; first at once, with what needs no look-up. */
  readonly onChange: (resolved: readonly string[]) => void
}

/**
 * Keeps a list of addresses `tcp://host:port` (perhaps with `/port` behind) resolved: a name stands for all its
 * addresses, and is looked up every 5 s. libzmq itself would use only the first. While a name cannot be looked up its
 * former addresses stay.
 */
export function watchAddresses(addresses: readonly string[], options: WatchOptions): AddressWatch {
  const { timers, log, onChange } = options
  const found = new Map<string, readonly string[]>()
  let told: string | undefined
  let closed = false
  const tell = (): void => {
    const all = [...new Set(addresses.flatMap((address) => found.get(address) ?? []))]
    const key = all.toSorted().join(' ')
    if (closed || key === told) return
    told = key
    onChange(all)
  }
  const lookUp = async (address: string): Promise<void> => {
    try {
      found.set(address, await resolve(address))
      tell()
    } catch (error) {
      if (!closed) log.debug({ address, err: error }, 'Cannot look up a name')
    }
  }
  const names = addresses.filter((address) => !isNumeric(address))
  for (const address of addresses) if (isNumeric(address)) found.set(address, [address])
  tell()
  for (const name of names) void lookUp(name)
  const cancel =
    names.length === 0
      ? () => {}
      : timers.every(LOOK_UP_INTERVAL_MS, () => names.forEach((name) => void lookUp(name)))
  return {
    close() {
      closed = true
      cancel()
    },
  }
}

async function resolve(address: string): Promise<readonly string[]> {
  const { host, rest } = split(address)
  const results = await lookup(host, { all: true, verbatim: true })
  const preferred = results.some(({ family }) => family === 4)
    ? results.filter(({ family }) => family === 4)
    : results
  return preferred
    .map(({ address: ip, family }) => `tcp://${family === 6 ? `[${ip}]` : ip}:${rest}`)
    .toSorted()
}

function isNumeric(address: string): boolean {
  return isIP(split(address).host) !== 0
}

function split(address: string): { host: string; rest: string } {
  const at = address.replace('tcp://', '')
  const colon = at.lastIndexOf(':')
  return { host: at.slice(0, colon).replace(/^\[|\]$/g, ''), rest: at.slice(colon + 1) }
}
