import type { LamportClock } from '../clocks/index.ts'
import type { Chance, Log, Metrics, Time, Timers } from '../ports/index.ts'
import type { Store } from '../store/index.ts'
import {
  type Batch,
  covers,
  type HeartbeatReply,
  type ReadonlyVector,
  type StreamKey,
  streamKey,
  type Vector,
  type Voters,
} from '../wire/index.ts'
import { Admission } from './admission.ts'
import type { Barrier } from './barrier.ts'
import { Distribution } from './distribution.ts'
import { Election } from './election.ts'
import { Finality } from './finality.ts'
import { Heads } from './heads.ts'
import { Holes } from './holes.ts'
import type { Condition, Identity } from './identity.ts'
import { Inbox } from './inbox.ts'
import { Listening } from './listening.ts'
import { Outbox } from './outbox.ts'
import { Pace } from './pace.ts'
import type { Peer } from './peer.ts'
import { Peers } from './peers.ts'
import { Progress } from './progress.ts'
import { Questions } from './questions.ts'
import { type Counting, Quorum } from './quorum.ts'
import { Voting } from './voting.ts'
import { Wanted } from './wanted.ts'

export interface ReplicaOptions {
  readonly identity: Identity
  readonly store: Store
  readonly lamport: LamportClock
  readonly heartbeatTimeoutMs: number
  /** Corrected time in ms. */
  readonly now: () => number
  readonly time: Time
  readonly timers: Timers
  readonly chance: Chance
  readonly log: Log
  readonly metrics: Metrics
  readonly toPeer: (name: string, frames: Uint8Array[]) => boolean
  readonly publishToAll: (topic: string, body: Uint8Array) => void
  readonly publishTo: (proxy: string, topic: string, body: Uint8Array) => void
  /** The lowest clock of an operation accepted here that is not yet in the store, undefined if there is none. */
  readonly pendingClock: () => number | undefined
  /** The peers and their addresses changed: connect the new, disconnect the gone. */
  readonly connectPeers: (addresses: ReadonlyMap<string, string>) => void
  readonly events: ReplicaEvents
}

export interface ReplicaEvents {
  /** These streams are now on a majority's disks up to these. */
  committed(changes: ReadonlyVector): void
  /** Something that `condition`, `accepting` or `quorum.everywhere` tell may have changed. */
  changed(): void
  /** A newer process of this name runs: this one must end. */
  superseded(incarnation: number): void
}

/** The part of a server that keeps its set of operations equal to the others', and knows what they hold. */
export class Replica {
  readonly voting: Voting
  readonly quorum: Quorum
  readonly condition: Condition
  readonly peers: Peers
  readonly inbox: Inbox
  readonly outbox: Outbox
  readonly #options: ReplicaOptions
  readonly #heads: Heads
  readonly #holes: Holes
  readonly #distribution: Distribution
  readonly #questions: Questions
  readonly #admission: Admission
  readonly #listening: Listening
  readonly #finality: Finality
  readonly #progress: Progress
  readonly #wanted: Wanted
  #catchUp: Barrier | undefined
  readonly #pace: Pace
  #tickedAt: number
  readonly #election: Election

  constructor(options: ReplicaOptions) {
    const { store, identity, time } = options
    this.#options = options
    this.#tickedAt = time.monotonic()
    this.#pace = new Pace({ ...options, tick: () => this.tick(), isQuiet: () => this.#isQuiet })
    this.condition = { state: 'joining', intact: store.found && store.memory.intact, rank: store.memory.rank }
    this.#wanted = new Wanted(this.condition, options.log)
    this.voting = new Voting(store.memory.voters, this.#tickedAt + options.heartbeatTimeoutMs)
    this.quorum = new Quorum(this.voting, () => this.#counting())
    this.peers = new Peers({ ...options, self: identity.name, kept: () => this.#sendWhole() })
    this.#questions = new Questions({
      met: (barrier) => barrier.met(this.voting, identity.name, true, store.durable),
      ask: () => this.#sendWhole(),
    })
    const listener = {
      ...options,
      self: identity.name,
      voting: this.voting,
      peers: this.peers,
      incarnation: () => identity.incarnation,
    }
    this.#admission = new Admission(listener)
    this.#listening = new Listening(listener)
    this.#finality = new Finality({
      ...listener,
      questions: this.#questions,
      listening: this.#listening,
      counted: () => this.peers.counted(),
      ownPromise: () => this.#heads.promise(options.lamport.now),
    })
    this.#progress = new Progress(options.log)
    this.outbox = new Outbox(options)
    this.#election = new Election({
      ...options,
      condition: this.condition,
      counted: () => this.peers.counted(),
      announce: (rank) => this.outbox.announce(rank),
    })
    this.#heads = new Heads({
      ...options,
      condition: this.condition,
      intact: () => this.#intact,
      voting: this.voting,
      peers: this.peers,
      coordinator: () => this.coordinator,
      question: () => this.#questions.number,
      alone: () => this.#finality.sayAlone(),
      send: options.toPeer,
    })
    this.#holes = new Holes({
      ...options,
      live: () => this.peers.live(),
      hurried: () => this.condition.state === 'joining',
      fetch: (peer, stream, after, bytes) => this.outbox.fetch(peer.name, stream, after, bytes),
    })
    this.#distribution = new Distribution({
      ...options,
      peers: this.peers,
      sendTo: (peer, batches) => this.outbox.batches(peer.name, batches),
      ownStream: () => this.ownStream,
      shared: ({ bytes }) => this.outbox.signed({ kind: 'batch', batch: bytes }),
      echo: (proxy) => this.outbox.signed({ kind: 'echo', proxy }),
    })
    this.inbox = this.#openInbox()
  }

  start(): void {
    this.#catchUp = this.#questions.open({ joiningCount: true })
    this.#pace.start()
    this.peers.connect()
    this.tick()
  }

  readonly stop = (): void => this.#pace.stop()

  /** Whether this server may accept operations now. */
  get accepting(): boolean {
    return this.condition.state === 'up' && this.#admission.granted
  }

  get coordinator(): string {
    return this.#election.coordinator
  }

  /** Operations that must still come before this server has caught up, as far as is known; 0 once it has. */
  get toCatchUp(): number {
    return this.#catchUp?.missing(this.#options.store.durable) ?? 0
  }

  /** The stream of what this process accepts. */
  get ownStream(): StreamKey {
    return streamKey(this.#options.identity.name, this.#options.identity.incarnation)
  }

  /** The last `seq` of a stream that is held as a level asks: on this disk, on a majority's, on every voter's. */
  reached(level: 'one' | 'quorum' | 'all', stream: StreamKey): number {
    if (level === 'one') return this.#options.store.durable.get(stream) ?? 0
    if (level === 'quorum') return this.quorum.committed.get(stream) ?? 0
    return this.quorum.everywhere(stream)
  }

  /** What readers may see. */
  visible(): Vector {
    return this.quorum.visible(this.#options.store.durable)
  }

  /** Whether a majority of the voters, this server among them, is heard and has caught up. */
  get majorityLive(): boolean {
    return this.voting.isMajority(this.peers.namesCounted())
  }

  /** Whether every voter is heard and has caught up. */
  get allVotersLive(): boolean {
    const counting = new Set(this.peers.namesCounted())
    return this.voting.names.every((name) => counting.has(name))
  }

  /** Sends a batch of this server's own, just appended to the store, to the others. */
  distribute(batch: Batch): void {
    this.#distribution.distribute(batch)
  }

  /** Calls back when this server holds all that a majority had on disk when asked; false when too many wait. */
  afterBarrier(done: () => void): boolean {
    return this.#questions.afterBarrier(done)
  }

  setProxies(proxies: readonly string[]): void {
    this.#distribution.setProxies(proxies)
  }

  /** What ref answered to this server's heartbeat. */
  told(reply: HeartbeatReply): void {
    this.peers.told(reply.servers)
    if (reply.rank > 0 && reply.rank !== this.condition.rank) {
      this.condition.rank = reply.rank
      this.#options.store.remember({ rank: reply.rank })
    }
    if (reply.voters !== undefined) {
      this.voting.told(reply.voters)
      this.adopt(reply.voters)
    }
    this.#wanted.told(reply.servers.find(({ name }) => name === this.#options.identity.name)?.state)
    if (!this.#wanted.apply()) return
    this.#options.events.changed()
    this.#sendWhole()
  }

  /** Puts a list of voters of a higher epoch on the disk, and uses it from then on. */
  adopt(voters: Voters): void {
    if (voters.epoch <= this.#options.store.memory.voters.epoch) return
    this.#options.store.remember({ voters }, () => {
      this.voting.adopt(voters)
      const { epoch, names, next } = voters
      this.#options.log.info({ epoch, voters: names, next }, 'Took a new list of voters')
      for (const name of this.voting.everyone) this.peers.know(name, '')
      if (this.#catchUp !== undefined) this.#catchUp = this.#questions.open({ joiningCount: true })
      this.#questions.restart()
      this.#sendWhole()
      this.#review()
    })
  }

  /** The store flushed: tells the peers, and looks what follows. */
  flushed(changes: ReadonlyVector): void {
    if (changes.size > 0) this.#heads.sendChanges(changes)
    for (const peer of this.peers.all()) peer.promises.settle(this.#options.store.durable)
    this.#commit(changes.keys())
    this.#review()
  }

  /** Whether this process stood still too long to be counted for sure; to be asked before anything is accepted. */
  noticeStall(): boolean {
    const now = this.#options.time.monotonic()
    const stood = now - this.#tickedAt
    this.#tickedAt = now
    // The others heard it last before it stood still, and must hear it again before they give it up.
    if (stood < this.#options.heartbeatTimeoutMs / 2) return false
    this.#options.log.warn(
      { stood_ms: Math.round(stood) },
      'This process stood still; it asks to be counted again',
    )
    this.#options.metrics.add('recado_server_stalls_total')
    this.voting.waitAlone(now + this.#options.heartbeatTimeoutMs)
    this.#admission.restart(this.#finality.askAnew())
    this.#options.events.changed()
    return true
  }

  tick(): void {
    this.noticeStall()
    const now = this.#options.time.monotonic()
    if (this.#pace.isWholeDue(now)) {
      this.#sendWhole()
      this.#distribution.sendEchoes()
      this.peers.remember()
      this.#commit(this.#options.store.durable.keys())
      if (this.condition.state === 'joining')
        this.#progress.tell(now, this.toCatchUp, this.voting, this.peers)
    }
    this.#holes.fill()
    this.#election.review()
    this.#review()
  }

  get #isQuiet(): boolean {
    if (this.#catchUp !== undefined || !this.#admission.granted || !this.#listening.heardAll) return false
    return !this.#questions.underWay && !this.#holes.any && !this.peers.anyLate
  }

  #openInbox(): Inbox {
    return new Inbox({
      ...this.#options,
      holes: this.#holes,
      outbox: this.outbox,
      peers: this.peers,
      voting: this.voting,
      echoed: (proxy) => this.#distribution.echoed(proxy),
      headTaken: (peer, streams) => this.#headTaken(peer, streams),
      owed: (peer, owed) => this.#owes(peer, owed),
      adopt: (voters) => this.adopt(voters),
      superseded: (incarnation) => this.superseded(incarnation),
    })
  }

  #headTaken(peer: Peer, streams: readonly StreamKey[]): void {
    const { store } = this.#options
    const newlyCounted = peer.toldCounted !== peer.incarnation && this.peers.counted().includes(peer)
    if ((newlyCounted || peer.asks > peer.answered) && this.peers.isKept(peer)) this.#heads.sendWhole(peer)
    this.#catchUp?.offer(peer)
    this.#questions.offer(peer)
    this.#distribution.confirmed(peer)
    for (const stream of streams) {
      if (peer.durableIn(stream) > (store.held.get(stream) ?? 0)) this.#holes.notice(stream)
    }
    this.#commit(streams)
    this.#review()
  }

  /** A peer heard former lives call more durable than is on this disk: an old copy, which the others must fill. */
  #owes(peer: Peer, owed: ReadonlyVector): void {
    const { store, log } = this.#options
    if (this.condition.state !== 'joining' || !this.condition.intact || covers(store.durable, owed)) return
    this.condition.intact = false
    store.remember({ intact: false })
    log.warn({ peer: peer.name }, 'The disk lacks what it was heard to hold; the others must fill it')
  }

  /** What may follow from anything that came: caught up, final, answered. */
  #review(): void {
    this.#questions.check()
    if (this.condition.state === 'joining') this.#tryToRise()
    if (this.condition.state !== 'joining') this.#finality.advance()
    this.#options.events.changed()
  }

  #tryToRise(): void {
    const { store, identity, log, time } = this.#options
    const [catchUp, { epoch }] = [this.#catchUp, this.voting]
    const isStarted = store.memory.incarnation === identity.incarnation
    if (catchUp === undefined || !isStarted || !this.voting.isNewest(time.monotonic())) return
    if (!catchUp.met(this.voting, identity.name, this.#intact, store.durable)) return
    this.#catchUp = undefined
    store.remember({ intact: true }, () => {
      // What was enough for the list of then need not be for this one.
      if (this.voting.epoch !== epoch) {
        this.#catchUp = this.#questions.open({ joiningCount: true })
        return store.remember({ intact: this.condition.intact }, () => this.#review())
      }
      this.condition.intact = true
      this.condition.state = 'up'
      this.#wanted.apply()
      log.info({ incarnation: identity.incarnation, epoch: this.voting.epoch }, 'Caught up')
      this.#finality.askAnew()
      this.#review()
    })
  }

  /** Whether the disk holds all that it ever called durable, so far as those can tell who heard it. */
  get #intact(): boolean {
    return this.condition.intact && (this.condition.state !== 'joining' || this.#listening.toldAll)
  }

  #commit(streams: Iterable<StreamKey>): void {
    const changes = this.quorum.update(streams)
    if (changes.size > 0) this.#options.events.committed(changes)
  }

  /** Those who count for majorities: who has caught up, this server among them. */
  #counting(): Counting[] {
    const { identity, store } = this.#options
    const risen = this.peers.risen()
    return this.condition.state === 'joining'
      ? risen
      : [...risen, { name: identity.name, durable: store.durable }]
  }

  #sendWhole(): void {
    this.#pace.wholeSent(this.#options.time.monotonic())
    this.#heads.sendWholeToAll()
  }

  /** Somebody knows a newer incarnation of this name. While joining that may be a former one whose clock was ahead. */
  superseded(incarnation: number): void {
    const { identity, store, events } = this.#options
    if (incarnation <= identity.incarnation) return
    if (this.condition.state !== 'joining') return events.superseded(incarnation)
    identity.incarnation = incarnation + 1
    store.remember({ incarnation: identity.incarnation })
    for (const peer of this.peers.all()) peer.headsSent = 0
    this.#sendWhole()
  }
}
