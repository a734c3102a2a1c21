/** A bug that can be planted: text of one source file that is replaced as the file is loaded. */
export interface Plant {
  readonly name: string
  /** What the planted code does wrong, for people. */
  readonly what: string
  /** Path from the root. */
  readonly file: string
  /** Each must stand exactly once in the file. */
  readonly changes: readonly (readonly [snippet: string, replacement: string])[]
}

export const PLANTS: readonly Plant[] = [
  {
    name: 'acknowledge-before-flush',
    what: 'counts for the majority what is not yet flushed on the own disk',
    file: 'src/replication/replica.ts',
    changes: [['durable: this.#options.store.durable })', 'durable: this.#options.store.held })']],
  },
  {
    name: 'publish-before-acknowledgement',
    what: 'publishes to subscribers without waiting for the level',
    file: 'src/server/publications.ts',
    changes: [['if (next === undefined || !this.#isDue(next)) break', 'if (next === undefined) break']],
  },
  {
    name: 'skip-a-hole',
    what: 'takes a batch though operations before it are missing',
    file: 'src/store/store.ts',
    changes: [["if (batch.firstSeq > held + 1) return 'gap'", '']],
  },
  {
    name: 'forget-incarnation',
    what: 'goes on with the incarnation of the former life',
    file: 'src/server/start.ts',
    changes: [
      [
        'Math.max(Math.floor(wallMs), store.memory.incarnation + 1)',
        'store.memory.incarnation || Math.floor(wallMs)',
      ],
    ],
  },
  {
    name: 'break-a-tie',
    what: 'leaves the order of equal clocks to the order of arrival',
    file: 'src/store/projection.ts',
    changes: [['if (a.batch.origin !== b.batch.origin) return a.batch.origin < b.batch.origin', '']],
  },
  {
    name: 'trust-a-frozen-member',
    what: 'lets a server that stood still go on accepting as if it were still counted',
    file: 'src/replication/replica.ts',
    changes: [
      ['if (stood < this.#options.heartbeatTimeoutMs / 2) return false', 'if (stood >= 0) return false'],
    ],
  },
  {
    name: 'deduplicate-without-user',
    what: 'leaves out an operation whose id another user has used',
    file: 'src/store/projection.ts',
    changes: [
      ['let window = this.#windows.get(user)', "let window = this.#windows.get('')"],
      ['this.#windows.set(user, window)', "this.#windows.set('', window)"],
    ],
  },
  {
    name: 'clock-from-maximum',
    what: 'restarts the Lamport clock at the highest one stored instead of the lease',
    file: 'src/server/start.ts',
    changes: [['Math.max(store.memory.lease, store.highestClock)', 'store.highestClock']],
  },
  {
    name: 'late-not-placed',
    what: 'does not put in its place what comes late',
    file: 'src/store/store.ts',
    changes: [['if (late > 0) this.#projection.late(late)', '']],
  },
  {
    name: 'committed-on-one-disk',
    what: 'takes for committed what is on any one disk',
    file: 'src/replication/quorum.ts',
    changes: [['seqs[majority - 1]', 'seqs[0]']],
  },
  {
    name: 'rise-without-catching-up',
    what: 'is up without holding what a majority has',
    file: 'src/replication/replica.ts',
    changes: [
      ['if (!this.#catchUp.met(this.voting, name, this.condition.intact, store.durable)) return', ''],
    ],
  },
  {
    name: 'stable-without-promises',
    what: 'makes final what only its own promise covers',
    file: 'src/replication/stability.ts',
    changes: [
      [
        'return counted.reduce((lowest, peer) => Math.min(lowest, peer.promises.usable), ownPromise)',
        'return ownPromise',
      ],
    ],
  },
  {
    name: 'promise-without-operations',
    what: 'uses a promise though something that its giver held is not here yet',
    file: 'src/replication/promises.ts',
    changes: [['if (first.durable.size > 0) return', '']],
  },
  {
    name: 'final-in-a-minority',
    what: 'makes final without a majority',
    file: 'src/replication/stability.ts',
    changes: [['if (!voting.isMajority([self, ...counted.map((peer) => peer.name)])) return 0', '']],
  },
  {
    name: 'answer-to-a-former-life',
    what: 'takes an answer to a question of its former life for one to its own',
    file: 'src/replication/peer.ts',
    changes: [['whole.heard[me.name] === me.incarnation ? whole.answers : 0', 'whole.answers']],
  },
  {
    name: 'vouch-for-an-old-copy',
    what: 'counts itself as intact though peers heard its former life hold more',
    file: 'src/replication/replica.ts',
    changes: [['this.condition.intact = false', '']],
  },
  {
    name: 'ref-forgets-the-former-list',
    what: 'ref that lost its file takes no list for the one before the first',
    file: 'src/ref/lists.ts',
    changes: [['const follows = record.voters.epoch > 0 && ', 'const follows = ']],
  },
  {
    name: 'deliver-behind-a-gap',
    what: 'the client library delivers what comes live though something before it is missing',
    file: 'src/client/merge.ts',
    changes: [['return previous <= (this.#passed', 'return previous >= 0 || previous <= (this.#passed']],
  },
  {
    name: 'accept-unheard',
    what: 'accepts after its start without being counted by the others',
    file: 'src/replication/admission.ts',
    changes: [
      [
        'return voting.epoch > 0 && voting.names.every((name) => name === self || this.#agrees(name))',
        'return voting.epoch > 0 || self === voting.names.find((name) => this.#agrees(name))',
      ],
    ],
  },
  {
    name: 'take-a-new-life-for-the-former',
    what: 'believes of a peer that started anew what its former life said of its disk',
    file: 'src/replication/peer.ts',
    changes: [['this.durable.clear()', '']],
  },
]
