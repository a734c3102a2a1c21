import type { FaultName, Profile } from '../schedule/index.ts'

/** A bug that can be planted: text of source files that is replaced as they are loaded. */
export interface Plant {
  readonly name: string
  /** What the planted code does wrong, for people. */
  readonly what: string
  /** Each snippet must stand exactly once in its file, whose path is from the root. */
  readonly changes: readonly (readonly [file: string, snippet: string, replacement: string])[]
  /** What the finding must say, where another checker would find it before the one that is meant. */
  readonly finds?: string
  /** What systems are like, for one that shows in few of them. */
  readonly but?: Partial<Profile>
  /** Only these faults are drawn, for one that shows in few schedules of all kinds. */
  readonly faults?: readonly FaultName[]
}

const FROM_NOW: Partial<Profile> = { library: 1, hears: 'channel from now' }

export const PLANTS: readonly Plant[] = [
  {
    name: 'acknowledge-before-flush',
    what: 'counts for the majority what is not yet flushed on the own disk',
    changes: [['src/replication/replica.ts', 'durable: store.durable }]', 'durable: store.held }]']],
  },
  {
    name: 'publish-before-acknowledgement',
    what: 'publishes to subscribers without waiting for the level',
    changes: [
      [
        'src/server/publications.ts',
        'if (next === undefined || !this.#isDue(next)) break',
        'if (next === undefined) break',
      ],
    ],
  },
  {
    name: 'skip-a-hole',
    what: 'takes a batch though operations before it are missing',
    changes: [
      ['src/store/store.ts', "if (batch.firstSeq > held + 1) return 'gap'", ''],
      ['src/wire/join-batches.ts', 'return from === 0 ? batch', 'return from <= 0 ? batch'],
    ],
  },
  {
    name: 'forget-incarnation',
    what: 'goes on with the incarnation of the former life',
    changes: [
      [
        'src/server/start.ts',
        'now >= lowest ? now : lowest + Math.floor(chance.next() * LEAP)',
        'store.memory.incarnation || now',
      ],
    ],
  },
  {
    name: 'break-a-tie',
    what: 'leaves the order of equal clocks to the order of arrival',
    changes: [
      [
        'src/store/projection.ts',
        'if (a.batch.origin !== b.batch.origin) return a.batch.origin < b.batch.origin',
        '',
      ],
    ],
  },
  {
    name: 'trust-a-frozen-member',
    what: 'lets a server that stood still go on accepting as if it were still counted',
    changes: [
      [
        'src/replication/replica.ts',
        'if (stood < this.#options.heartbeatTimeoutMs / 2) return false',
        'if (stood >= 0) return false',
      ],
    ],
  },
  {
    name: 'deduplicate-without-user',
    what: 'leaves out an operation whose id another user has used',
    changes: [
      ['src/store/ids.ts', 'let number = this.#users.get(name)', "let number = this.#users.get('')"],
      ['src/store/ids.ts', 'this.#users.set(name, number)', "this.#users.set('', number)"],
      ['src/store/ids.ts', 'const owner = this.#users.get(user)', "const owner = this.#users.get('')"],
      ['src/store/set-index.ts', 'batch.userAt(index) === user && ', ''],
    ],
  },
  {
    name: 'clock-from-maximum',
    what: 'restarts the Lamport clock at the highest one stored instead of the lease',
    changes: [
      ['src/server/start.ts', 'Math.max(store.memory.lease, store.highestClock)', 'store.highestClock'],
    ],
  },
  {
    name: 'late-not-placed',
    what: 'does not put in its place what comes late',
    changes: [['src/store/store.ts', 'if (late > 0) this.#projection.late(late)', '']],
  },
  {
    name: 'committed-on-one-disk',
    what: 'takes for committed what is on any one disk',
    changes: [['src/replication/quorum.ts', 'seqs[majority - 1] ?? 0', 'seqs[0] ?? 0']],
    finds: 'which no majority has on disk',
  },
  {
    name: 'rise-without-catching-up',
    what: 'is up without holding what a majority has',
    changes: [
      [
        'src/replication/replica.ts',
        'if (!catchUp.met(this.voting, identity.name, this.#intact, store.durable)) return',
        '',
      ],
    ],
  },
  {
    name: 'stable-without-promises',
    what: 'makes final what only its own promise covers',
    changes: [
      [
        'src/replication/stability.ts',
        'return counted.reduce((lowest, peer) => Math.min(lowest, peer.promises.usable), ownPromise)',
        'return ownPromise',
      ],
    ],
  },
  {
    name: 'promise-without-operations',
    what: 'uses a promise though something that its giver held is not here yet',
    changes: [['src/replication/promises.ts', 'if (first.durable.size > 0) return', '']],
  },
  {
    name: 'promise-without-others-operations',
    what: 'waits, before it uses a promise, only for what its giver accepted itself',
    changes: [
      [
        'src/replication/peer.ts',
        'this.promises.add(head.promise, changes, durableHere)',
        'this.promises.add(head.promise, changes.filter(([stream]) => stream.startsWith(head.from)), durableHere)',
      ],
    ],
    finds: 'held it when it promised',
  },
  {
    name: 'final-in-a-minority',
    what: 'makes final without a majority',
    changes: [
      [
        'src/replication/stability.ts',
        'if (!voting.isMajority([self, ...counted.map((peer) => peer.name)])) return 0',
        '',
      ],
    ],
  },
  {
    name: 'answer-to-a-former-life',
    what: 'takes an answer to a question of its former life for one to its own',
    changes: [
      [
        'src/replication/peer.ts',
        'whole.heard[me.name] === me.incarnation ? whole.answers : 0',
        'whole.answers',
      ],
    ],
  },
  {
    name: 'vouch-for-an-old-copy',
    what: 'counts itself as intact though peers heard its former life hold more',
    changes: [['src/replication/replica.ts', 'this.condition.intact = false', '']],
    faults: ['lossAmongAbsent', 'oldCopy'],
  },
  {
    name: 'ref-forgets-the-former-list',
    what: 'ref that lost its file takes no list for the one before the first',
    changes: [['src/ref/lists.ts', 'const follows = record.voters.epoch > 0 && ', 'const follows = ']],
    faults: ['forgetfulRef', 'addServer', 'removeServer'],
  },
  {
    name: 'deliver-behind-a-gap',
    what: 'the client library delivers what comes live though something before it is missing',
    changes: [
      [
        'src/client/merge.ts',
        'return publication.previous <= this.#passedOf',
        'return publication.previous >= 0 || publication.previous <= this.#passedOf',
      ],
    ],
  },
  {
    name: 'accept-unheard',
    what: 'accepts after its start without being counted by the others',
    changes: [
      [
        'src/replication/admission.ts',
        'return voting.epoch > 0 && voting.everyone.every((name) => name === self || this.#agrees(name))',
        'return voting.epoch > 0 || self === voting.everyone.find((name) => this.#agrees(name))',
      ],
    ],
    faults: ['freeze', 'emptyDisk'],
  },
  {
    name: 'take-a-new-life-for-the-former',
    what: 'believes of a peer that started anew what its former life said of its disk',
    changes: [['src/replication/peer.ts', 'this.durable.clear()', '']],
    faults: ['lossAmongAbsent', 'emptyDisk'],
  },
  {
    name: 'change-all-voters-at-once',
    what: 'ref goes over to all that is wanted, as soon as anybody follows its list',
    changes: [
      [
        'src/ref/lists.ts',
        'if (!isMajorityOf(holders, voters) || !isMajority(holders, former)) return',
        'if (holders.length === 0) return',
      ],
      [
        'src/ref/lists.ts',
        'if (added !== undefined) return this.#propose({ names, next: [...names, added] })',
        'if (added !== undefined) return this.#propose({ names: wanted })',
      ],
    ],
    faults: ['addServer', 'removeServer', 'slowRoute', 'cutPair', 'isolate'],
    finds: 'Lists act at once',
  },
  {
    name: 'change-voters-in-one-step',
    what: 'ref goes over to the list that follows at once',
    changes: [
      ['src/ref/lists.ts', 'this.#propose({ names, next: rest })', 'this.#propose({ names: rest })'],
      [
        'src/ref/lists.ts',
        'this.#propose({ names, next: [...names, added] })',
        'this.#propose({ names: [...names, added] })',
      ],
    ],
    faults: ['addServer', 'removeServer', 'slowDisk', 'slowRoute', 'crashServer'],
  },
  {
    name: 'publish-for-all-at-a-majority',
    what: 'publishes what asked for all servers without waiting for them',
    changes: [
      ['src/server/publications.ts', 'this.#options.now() >= next.deadline &&', 'next.deadline > 0 &&'],
    ],
    finds: 'not yet held at all',
  },
  {
    name: 'last-first',
    what: 'the broker gives servers what came last of a connection before what came first',
    changes: [['src/broker/broker.ts', 'connection.waiting.push(body)', 'connection.waiting.unshift(body)']],
    finds: 'which was sent before it',
  },
  {
    name: 'garble-history',
    what: 'history shows the ids of messages for what they say',
    changes: [['src/store/history.ts', "message: message ?? '',", "message: message === '' ? '' : id,"]],
    finds: ' has {',
  },
  {
    name: 'look-once',
    what: 'subscriptions do not look in history again: not from time to time, at a gap or after a connection',
    changes: [
      ['src/client/merge.ts', 'timers.every(POLL_MS, () => this.read())', 'timers.every(POLL_MS, () => {})'],
      [
        'src/client/merge.ts',
        'if (this.#held.length > 0 && this.#caughtUp && this.#cancelRest === undefined) this.read()',
        '',
      ],
      ['src/client/subscription.ts', 'feeds.onConnect(() => this.#connected())', 'feeds.onConnect(() => {})'],
    ],
    faults: ['dropPublications', 'cutPair', 'reconnect'],
    finds: 'does not bring all',
  },
  {
    name: 'now-again',
    what: 'subscriptions from now on ask each time for what comes from then on',
    changes: [
      ['src/client/merge.ts', 'this.#after = next', 'this.#after = passed === undefined ? next : NOW'],
    ],
    but: FROM_NOW,
    faults: ['dropPublications', 'cutPair', 'reconnect'],
    finds: 'does not bring all',
  },
  {
    name: 'now-from-the-start',
    what: 'subscriptions from now on bring what was there before, too',
    changes: [['src/client/merge.ts', 'options.skip ? NOW : options.from.after', 'options.from.after']],
    but: FROM_NOW,
    finds: 'which was there before it began',
  },
  {
    name: 'own-words',
    what: 'a subscription to direct messages brings those from its user instead of those to it',
    changes: [
      [
        'src/client/client.ts',
        "wanted: ({ channel, to }) => (typeof topic === 'string' ? channel : to) === name",
        "wanted: ({ channel, user }) => (typeof topic === 'string' ? channel : user) === name",
      ],
    ],
    finds: 'never received',
  },
  {
    name: 'commit-by-the-former-list',
    what: 'while one list of voters follows another, takes for committed what is on most disks of the former',
    changes: [
      [
        'src/replication/quorum.ts',
        'this.#voting.lists.map((list)',
        'this.#voting.lists.slice(0, 1).map((list)',
      ],
    ],
    faults: ['addServer', 'removeServer', 'slowDisk', 'slowRoute', 'crashServer'],
    finds: 'not yet held at quorum',
  },
]
