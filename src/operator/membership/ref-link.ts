import type { LamportClock } from '../../clocks/index.ts'
import type { Dealer, Log, Pass, Time } from '../../ports/index.ts'
import { encode, parseReplies, parseServerList, type Reply } from '../../wire/index.ts'
import type { RefView, Report } from './view.ts'

/** Reports that may wait for an answer at once; more are not sent to a ref that does not answer. */
const UNDER_WAY_MAX = 4
/** An answer that takes longer is not waited for. */
const ANSWER_MS = 3000
const DELIMITER = new Uint8Array()

export interface RefLinkOptions {
  readonly address: string
  readonly cluster: string
  readonly openDealer: (address: string, pass?: Pass) => Dealer
  /** What the operator shows there, in secured mode. */
  readonly pass?: Pass | undefined
  readonly lamport: LamportClock
  readonly time: Time
  readonly log: Log
  readonly onView: (view: RefView) => void
  /** Ref has seen a newer report than ours. */
  readonly onStale: (term: number, sequence: number) => void
}

/** Reports to one ref, each followed by the question what it makes of it. */
export class RefLink {
  readonly #options: RefLinkOptions
  readonly #underWay = new Map<string, { readonly at: number; readonly report: Report }>()
  #dealer: Dealer
  #sent = 0
  /** Reports in a row that nobody answered. */
  #unanswered = 0

  constructor(options: RefLinkOptions) {
    this.#options = options
    this.#dealer = this.#open()
  }

  /** Sends nothing when too much is under way already: the next report says it all. */
  send(report: Report, term: number, sequence: number): void {
    const { time, lamport, cluster } = this.#options
    this.#expire()
    if (this.#underWay.size >= UNDER_WAY_MAX) return
    const id = String(++this.#sent)
    const envelope = (service: string) => {
      return { service, id, clock: lamport.next(), timestamp: Math.floor(time.wall()) }
    }
    const body = encode([
      { ...envelope('members'), data: { cluster, term, sequence, ...report } },
      { ...envelope('list'), data: { cluster } },
    ])
    this.#underWay.set(id, { at: time.monotonic(), report })
    this.#dealer.send([DELIMITER, body])
  }

  async close(): Promise<void> {
    this.#underWay.clear()
    await this.#dealer.close()
  }

  #open(): Dealer {
    const dealer = this.#options.openDealer(this.#options.address, this.#options.pass)
    dealer.receive((frames) => {
      if (dealer === this.#dealer) this.#received(frames)
    })
    return dealer
  }

  /** Gives up what was not answered; a link that has become useless is made anew, with nothing queued. */
  #expire(): void {
    const { time, log, address } = this.#options
    for (const [id, { at }] of this.#underWay) {
      if (time.monotonic() - at < ANSWER_MS) continue
      this.#underWay.delete(id)
      this.#unanswered++
    }
    if (this.#unanswered < UNDER_WAY_MAX) return
    this.#unanswered = 0
    this.#underWay.clear()
    const former = this.#dealer
    this.#dealer = this.#open()
    former.close().catch((error: unknown) => log.debug({ err: error, address }, 'Cannot close a link to ref'))
  }

  #received(frames: readonly Uint8Array[]): void {
    const { log, address } = this.#options
    try {
      const replies = parseReplies(frames.at(-1) ?? DELIMITER)
      const members = replies.find(({ service }) => service === 'members')
      const list = replies.find(({ service }) => service === 'list')
      if (members !== undefined && list !== undefined) this.#answered(members, list)
    } catch (error) {
      log.debug({ err: error, address }, 'Dropped a malformed answer of ref')
    }
  }

  #answered(members: Reply, list: Reply): void {
    const { lamport, log, address, onView, onStale } = this.#options
    const asked = this.#underWay.get(members.id)
    lamport.receive(list.clock)
    if (asked === undefined) return
    this.#underWay.delete(members.id)
    this.#unanswered = 0
    const { data } = members
    if (data.status === 'ok' && list.data.status === 'ok') {
      onView({ ...parseServerList(list.data), at: asked.at, report: asked.report })
    } else if (data.status === 'error' && data.code === 'stale') {
      onStale(data.term ?? 0, data.sequence ?? 0)
    } else {
      const refusal = data.status === 'error' ? data : list.data
      log.warn(
        { code: refusal['code'], reason: refusal['message'], address },
        'Ref refused a report of the pods',
      )
    }
  }
}
