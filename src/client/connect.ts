import { systemChance } from '../adapters/chance.ts'
import { KeyRing } from '../adapters/keys/index.ts'
import { watchAddresses } from '../adapters/resolver.ts'
import { systemTime, systemTimers } from '../adapters/time.ts'
import { openDealer, openSubscriber } from '../adapters/zeromq/index.ts'
import type { Log, Metrics, Pass } from '../ports/index.ts'
import { RecadoError } from '../wire/index.ts'
import { Client } from './client.ts'

const BROKER = 'tcp://127.0.0.1:5555'
const PROXY = 'tcp://127.0.0.1:5558'
const DEADLINE_MS = 10_000

export interface ConnectOptions {
  /** The clients' ports of brokers, `tcp://host:port`; another is taken when one is silent. */
  readonly brokers?: readonly string[]
  readonly broker?: string
  /** The subscribers' ports of proxies, `tcp://host:port`. */
  readonly proxies?: readonly string[]
  readonly proxy?: string
  /** For a system in secured mode: the folder with this client's keys (`own.key_secret`, `front.keys`). */
  readonly keysDir?: string
  /** The same, of a program that holds its keys otherwise than in a folder. */
  readonly pass?: Pass
  /** What its users log in with in secured mode; `user.secret` in that folder unless given. */
  readonly secret?: string
  /** Logs in as this user. */
  readonly user?: string
  /** How long a request is tried before it fails as `unavailable`; 10,000 ms unless given. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
  /** Where trouble with names of hosts is told; nowhere unless given. */
  readonly log?: Log
}

/**
 * Connects to the system, and logs in when a user is given. This is where the library's core meets sockets and clocks.
 * @throws RecadoError `bad_option` for what is no address, else as `login`
 */
export async function connect(options: ConnectOptions = {}): Promise<Client> {
  const brokers = addressesOf(options.brokers, options.broker, BROKER)
  const proxies = addressesOf(options.proxies, options.proxy, PROXY)
  const log = options.log ?? SILENT
  const keys = options.keysDir === undefined ? undefined : openKeys(options.keysDir, options.secret, log)
  const front = options.pass ?? keys?.front
  const client = new Client({
    time: systemTime(),
    timers: systemTimers,
    chance: systemChance,
    openDealer: (address) => openDealer(address, front),
    openSubscriber: (address) => openSubscriber(address, front),
    deadlineMs: options.timeoutMs ?? DEADLINE_MS,
    secret: keys === undefined ? options.secret : keys.secret,
  })
  const watches = [
    watchAddresses(brokers, { timers: systemTimers, log, onChange: (found) => client.setBrokers(found) }),
    watchAddresses(proxies, { timers: systemTimers, log, onChange: (found) => client.setProxies(found) }),
  ]
  client.onClose(() => {
    for (const watch of watches) watch.close()
    keys?.close()
  })
  if (options.user === undefined) return client
  try {
    await client.login(options.user, options.signal === undefined ? {} : { signal: options.signal })
    return client
  } catch (error) {
    await client.close()
    throw error
  }
}

interface ClientKeys {
  readonly front: Pass
  readonly secret: string | undefined
  close(): void
}

/** @throws RecadoError `bad_option` when the folder's files cannot be used */
function openKeys(folder: string, secret: string | undefined, log: Log): ClientKeys {
  const ring = new KeyRing({ folder, timers: systemTimers, log, metrics: UNREAD })
  try {
    return { front: ring.pass('front'), secret: secret ?? ring.secret(), close: () => ring.close() }
  } catch (error) {
    // Nobody else could end its timer, and the process would not end by itself.
    ring.close()
    throw error
  }
}

function addressesOf(
  many: readonly string[] | undefined,
  one: string | undefined,
  byDefault: string,
): string[] {
  const addresses = many ?? [one ?? byDefault]
  const wrong = addresses.find(
    (address) => !/^tcp:\/\/(?:\[[0-9A-Fa-f:.]+\]|[^\s:/[\]]+):\d{1,5}$/.test(address),
  )
  if (addresses.length > 0 && wrong === undefined) return [...addresses]
  throw new RecadoError('bad_option', `"${wrong ?? ''}" is no address; give tcp://host:port`)
}

const UNREAD: Metrics = { add() {}, set() {}, observe() {} }

const SILENT: Log = {
  trace() {},
  debug() {},
  info() {},
  warn() {},
  error() {},
  enabled: () => false,
  child: () => SILENT,
}
