import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import type { Log, Timers } from '../ports/index.ts'

const LOOK_UP_INTERVAL_MS = 5000
/** Between two look-ups of a name that has never been found: who it stands for may be about to start. */
const UNFOUND_INTERVAL_MS = 1000

export interface AddressWatch {
  close(): void
}

export interface WatchOptions {
  readonly timers: Timers
  readonly log: Log
  /** All resolved addresses, whenever they differ from those before; first at once, with what needs no look-up. */
  readonly onChange: (resolved: readonly string[]) => void
  /** All IP addresses of a host name; the machine's own way unless given. */
  readonly lookUp?: (host: string) => Promise<readonly string[]>
}

/**
 * Keeps a list of addresses `tcp://host:port` (perhaps with `/port` behind) resolved: a name stands for all its
 * addresses, and is looked up every 5 s, every second until it is first found. libzmq itself would use only the first,
 * and stand still while it looks one up. While a name cannot be looked up its former addresses stay.
 */
export function watchAddresses(addresses: readonly string[], options: WatchOptions): AddressWatch {
  const { timers, log, onChange, lookUp = lookUpAll } = options
  const found = new Map<string, readonly string[]>()
  const underWay = new Set<string>()
  let told: string | undefined
  let closed = false
  const tell = (): void => {
    const all = [...new Set(addresses.flatMap((address) => found.get(address) ?? []))]
    const key = all.toSorted().join(' ')
    if (closed || key === told) return
    told = key
    onChange(all)
  }
  const resolve = async (address: string): Promise<void> => {
    // A look-up may take longer than the time between two.
    if (closed || underWay.has(address)) return
    underWay.add(address)
    try {
      const { host, rest } = split(address)
      const ips = preferred(await lookUp(host))
      found.set(
        address,
        ips.map((ip) => `tcp://${isIP(ip) === 6 ? `[${ip}]` : ip}:${rest}`),
      )
      tell()
    } catch (error) {
      if (!closed) log.debug({ address, err: error }, 'Cannot look up a name')
    } finally {
      underWay.delete(address)
    }
  }
  const names = addresses.filter((address) => !isNumeric(address))
  for (const address of addresses) if (isNumeric(address)) found.set(address, [address])
  const lookAt = (some: readonly string[]): void => some.forEach((name) => void resolve(name))
  tell()
  lookAt(names)
  const cancels =
    names.length === 0
      ? []
      : [
          timers.every(LOOK_UP_INTERVAL_MS, () => lookAt(names.filter((name) => found.has(name)))),
          timers.every(UNFOUND_INTERVAL_MS, () => lookAt(names.filter((name) => !found.has(name)))),
        ]
  return {
    close() {
      closed = true
      for (const cancel of cancels) cancel()
    },
  }
}

async function lookUpAll(host: string): Promise<readonly string[]> {
  const results = await lookup(host, { all: true, verbatim: true })
  return results.map(({ address }) => address)
}

/** Where a host has addresses of both families they lead to the same process: those of IPv4 are taken. */
function preferred(ips: readonly string[]): readonly string[] {
  const v4 = ips.filter((ip) => isIP(ip) === 4)
  return (v4.length > 0 ? v4 : ips).toSorted()
}

function isNumeric(address: string): boolean {
  return isIP(split(address).host) !== 0
}

function split(address: string): { host: string; rest: string } {
  const at = address.replace('tcp://', '')
  const colon = at.lastIndexOf(':')
  return { host: at.slice(0, colon).replace(/^\[|\]$/g, ''), rest: at.slice(colon + 1) }
}
