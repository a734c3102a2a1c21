import { openCredentials } from '../adapters/credentials.ts'
import { openFiles, removeCopy } from '../adapters/files.ts'
import { prepareFolder } from '../adapters/folder.ts'
import { openJournal } from '../adapters/journal.ts'
import type { KeyRing } from '../adapters/keys/index.ts'
import { lackAt, openKeyValue, setStoreAside } from '../adapters/lmdb.ts'
import { markStart, tryStore } from '../adapters/store-trial.ts'
import { openDealer, openRouter } from '../adapters/zeromq/index.ts'
import { Berkeley, CorrectedTime, type LamportClock } from '../clocks/index.ts'
import type { ServerConfig } from '../config/index.ts'
import type { Dealer, Journal, KeyValue, Pass, Router } from '../ports/index.ts'
import type { Identity } from '../replication/index.ts'
import { Server, startClock, takeIncarnation, type UserOptions } from '../server/index.ts'
import { openStore, PROJECTED_FILES, type Store, type StoreEvents } from '../store/index.ts'
import { type HeartbeatReply, PEER_LIMITS, RecadoError, vectorToObject } from '../wire/index.ts'
import { advertised } from './advertised.ts'
import { Links } from './links.ts'
import { PeerLinks } from './peer-links.ts'
import { ProxyLinks } from './proxy-links.ts'
import { RefLink } from './ref-link.ts'
import { Refusals } from './refusals.ts'
import type { RoleContext, RunningRole, StartRole } from './types.ts'

/** How long a stopping server waits for the answers that are under way. */
const DRAIN_MS = 2000
const DRAIN_POLL_MS = 10
const LATE_INTERVAL_MS = 1000
/** Of these the store is kept: another version can read it, or it was not looked at. */
const KEPT: ReadonlySet<string> = new Set(['other_format', 'store_not_opened', 'disk_failed'])
/** A process that has worked for so long has a store that works. */
const SOUND_MS = 5000

/** Composes a server: its store and clocks, its links to brokers, proxies, peers and ref. */
export const start: StartRole<ServerConfig> = async (context) => {
  const { config, readiness } = context
  const folder = await prepareFolder(config.dataDir, {
    cluster: config.cluster,
    name: config.name,
    allowNetworkFs: config.allowNetworkFs,
  })
  const mark = markStart(config.dataDir)
  try {
    if (mark.cutShort) await checkStore(context)
    const router = await openRouter({
      host: config.bind,
      port: config.portPeers,
      maxFrameBytes: PEER_LIMITS.frameBytes,
      guard: context.keys?.guard('servers'),
    })
    const composed = new Composition(context, router)
    composed.start()
    const cancelMark = context.timers.after(SOUND_MS, () => mark.remove())
    readiness('server', () => composed.unready ?? true)
    return {
      async stop() {
        await composed.stop()
        cancelMark()
        await folder.release()
      },
    }
  } catch (error) {
    // The store was not even looked at.
    if (error instanceof RecadoError && error.code === 'store_not_opened') mark.remove()
    await folder.release()
    throw error
  }
}

/** A store that ends every process which opens it would do so for ever: it is set aside, and peers fill a new one. */
async function checkStore({ config, log, time }: RoleContext<ServerConfig>): Promise<void> {
  const fault = await tryStore(config.dataDir)
  if (fault === undefined) return
  const aside = setStoreAside(config.dataDir, Math.floor(time.wall()))
  log.error({ fault, set_aside: aside }, 'The store does not work; it is set aside, and peers fill a new one')
}

/** The journal's disk says nothing of the store. @throws RecadoError `store_not_opened`, `disk_failed` */
function openedJournal(folder: string): Journal {
  try {
    return openJournal(folder)
  } catch (cause) {
    const what = `Cannot open the journal in ${folder}; look at its disk, then start again`
    throw lackAt(cause, folder) ?? new RecadoError('disk_failed', what, { cause })
  }
}

class Composition implements RunningRole {
  readonly server: Server
  readonly #context: RoleContext<ServerConfig>
  readonly #router: Router
  readonly #pass: Pass | undefined
  readonly #store: Store
  readonly #identity: Identity
  readonly #lamport: LamportClock
  readonly #corrected: CorrectedTime
  readonly #berkeley: Berkeley
  readonly #ref: RefLink
  readonly #refusals: Refusals
  readonly #peers: PeerLinks
  readonly #brokers: Links<Dealer>
  readonly #proxies: ProxyLinks
  #late = 0

  constructor(context: RoleContext<ServerConfig>, router: Router) {
    const { config, log, time, timers } = context
    this.#context = context
    this.#router = router
    this.#pass = context.keys?.pass('back')
    this.#corrected = new CorrectedTime(time)
    this.#store = this.#openStore()
    this.#identity = this.#takeIdentity(router.port)
    this.#lamport = startClock(this.#store)
    this.#peers = new PeerLinks({ timers, log, pass: this.#pass })
    this.server = this.#compose()
    this.#berkeley = new Berkeley({
      ...context,
      corrected: this.#corrected,
      intervalMs: config.syncIntervalMs,
      isCoordinator: () => this.server.replica.coordinator === config.name,
      coordinator: () => this.server.replica.coordinator,
      livePeers: () => this.server.replica.peers.live(),
      send: (peer, message) => this.server.replica.outbox.send(peer, message),
    })
    this.server.replica.inbox.onTime = (message) => this.#berkeley.receive(message.from, message)
    this.#brokers = new Links(config.brokers, {
      timers,
      log,
      open: (address) => this.#openBroker(address),
      changed: (addresses) => this.server.brokers.set(addresses),
    })
    this.#proxies = new ProxyLinks(config.proxies, {
      timers,
      log,
      pass: this.#pass,
      changed: (addresses) => this.server.replica.setProxies(addresses),
      received: (topic, body) => this.server.fromTopic(topic, body),
    })
    this.#refusals = new Refusals(context)
    this.#ref = this.#composeRefLink()
  }

  start(): void {
    const { config } = this.#context
    this.#router.receive((_from, frames) => this.server.fromPeer(frames))
    for (const [name, address] of Object.entries(config.peers)) this.server.replica.peers.know(name, address)
    this.server.start()
    this.#berkeley.start()
    this.#ref.start()
  }

  /** Why this server is not ready, or undefined. */
  get unready(): string | undefined {
    const { unready } = this.server
    return unready && this.#refusals.addedTo(unready)
  }

  async stop(): Promise<void> {
    this.server.retire()
    await this.#drained()
    this.#berkeley.stop()
    await this.#ref.stop()
    this.server.stop()
    await new Promise<void>((resolve) => this.#store.close(resolve))
    await Promise.all([
      this.#brokers.close(),
      this.#proxies.close(),
      this.#peers.close(),
      this.#router.close(),
    ])
  }

  /** Waits until nothing is under way, for a bounded time. */
  #drained(): Promise<void> {
    const { time, timers } = this.#context
    const deadline = time.monotonic() + DRAIN_MS
    return new Promise((resolve) => {
      const look = (): void => {
        // One more turn, in which the last replies go out.
        if (this.server.underWay === 0 || time.monotonic() >= deadline) timers.after(DRAIN_POLL_MS, resolve)
        else timers.after(DRAIN_POLL_MS, look)
      }
      look()
    })
  }

  /** A store that cannot be read is set aside: this server starts as an emptied one, and its peers fill it. */
  #openStore(): Store {
    const { config, log, time } = this.#context
    for (const name of PROJECTED_FILES) removeCopy(config.dataDir, name)
    try {
      return this.#open()
    } catch (error) {
      if (error instanceof RecadoError && KEPT.has(error.code)) throw error
      const lack = lackAt(error, config.dataDir)
      if (lack !== undefined) throw lack
      const aside = setStoreAside(config.dataDir, Math.floor(time.wall()))
      log.error(
        { err: error, set_aside: aside },
        'The store cannot be read; it is set aside, and peers fill a new one',
      )
      return this.#open()
    }
  }

  #open(): Store {
    const { config } = this.#context
    const journal = openedJournal(config.dataDir)
    let keyValue: KeyValue | undefined
    try {
      keyValue = openKeyValue(config.dataDir)
      const parts = { ...this.#context, keyValue, journal, files: openFiles(config.dataDir) }
      return openStore({ ...parts, events: this.#storeEvents() })
    } catch (error) {
      journal.close()
      keyValue?.close(() => {})
      throw error
    }
  }

  #storeEvents(): StoreEvents {
    const { config, fail } = this.#context
    return {
      flushed: (changes) => this.server.flushed(changes),
      full: (full) => this.server.diskFull(full),
      failed: (code, error) => {
        const message = `The disk of ${config.dataDir} failed; look at it, then start again`
        fail(new RecadoError(code, message, { cause: error }))
      },
      late: (_position, count) => this.#tellLate(count),
    }
  }

  /** One line a second at most, however many came late. */
  #tellLate(count: number): void {
    const { log, timers } = this.#context
    this.#late += count
    if (this.#late > count) return
    timers.after(LATE_INTERVAL_MS, () => {
      log.info({ operations: this.#late }, 'Operations came late and are put in their places')
      this.#late = 0
    })
  }

  #takeIdentity(port: number): Identity {
    const { config, time, chance } = this.#context
    return {
      cluster: config.cluster,
      name: config.name,
      address: advertised(config.advertise, port),
      incarnation: takeIncarnation(this.#store, time.wall(), chance),
    }
  }

  #compose(): Server {
    const { config, fail, keys } = this.#context
    return new Server({
      ...this.#context,
      ...config,
      identity: this.#identity,
      store: this.#store,
      lamport: this.#lamport,
      now: this.#corrected.now,
      changed: () => this.#ref.review(),
      toBroker: (broker, frames) => this.#brokers.get(broker)?.send(frames) ?? false,
      toPeer: (name, frames) => this.#peers.send(name, frames),
      connectPeers: (addresses) => this.#peers.set(addresses),
      publishToAll: (topic, body) => this.#proxies.publishToAll(topic, body),
      publishTo: (proxy, topic, body) => this.#proxies.publishTo(proxy, topic, body),
      clockStatus: () => ({ synchronisation: this.#berkeley.status(), refAway: this.#ref.away }),
      users: keys && usersOf(config, keys),
      fail,
    })
  }

  #openBroker(address: string): Dealer {
    const dealer = openDealer(address, this.#pass)
    dealer.receive((frames) => this.server.fromBroker(address, frames))
    return dealer
  }

  #composeRefLink(): RefLink {
    const { config, keys } = this.#context
    const { replica } = this.server
    return new RefLink({
      ...this.#context,
      refs: config.ref,
      pass: this.#pass,
      lamport: this.#lamport,
      now: this.#corrected.now,
      settled: () => replica.voting.epoch > 0 && replica.condition.rank > 0,
      urgent: () =>
        `${replica.voting.epoch} ${replica.condition.state} ${this.server.accepting} ${keys?.generation}`,
      describe: () => ({
        cluster: config.cluster,
        name: config.name,
        role: 'server',
        ...(config.podUid !== undefined && { uid: config.podUid }),
        address: this.#identity.address,
        incarnation: this.#identity.incarnation,
        rank: replica.condition.rank,
        ranks: Object.fromEntries([...replica.peers.all()].map(({ name, rank }) => [name, rank])),
        voters: replica.voting.voters,
        state: replica.condition.state,
        stopped: !this.server.accepting,
        coordinator: replica.coordinator,
        durable: vectorToObject(this.#store.durable),
        ...(keys?.generation !== undefined && { keys: keys.generation }),
      }),
      onReply: (reply) => this.#told(reply),
      onError: (code, message, incarnation) => {
        if (code === 'name_taken') replica.superseded(incarnation)
        else this.#refusals.refused(code, message)
      },
    })
  }

  #told(reply: HeartbeatReply): void {
    this.#refusals.accepted()
    this.server.replica.told(reply)
    this.#brokers.told(reply.brokers)
    this.#proxies.told(reply.proxies)
  }
}

/** What proves who a user is, in secured mode. */
function usersOf(config: ServerConfig, keys: KeyRing): UserOptions {
  keys.shared()
  const { users } = config
  const listed = keys.users(users === 'listed')
  return {
    ...config,
    credentials: openCredentials(() => keys.shared()),
    anybody: users === 'any',
    isListed: (user) => listed().has(user),
  }
}
