import type { Chance, Dealer } from '../../../src/ports/index.ts'
import { encode, parsePublication, parseReplies, RecadoError } from '../../../src/wire/index.ts'
import type { Cluster } from '../cluster.ts'
import { CHANNEL, Party } from './party.ts'

const TICK_MS = 50
const RETRY_MS = 1500
/** Pauses at the end of what there is, in ms at most. */
const PAUSE_MS = 600

/** Pages through the history of the channel, or of a user's direct messages, by cursors, at whatever server the broker gives it to. */
export class HistoryReader extends Party {
  /** Pages that held something. */
  pages = 0
  #dealer: Dealer | undefined
  #after: string | undefined
  #count = 0
  #clock = 0
  #asked: { id: string; at: number; sentAt: number } | undefined
  #nextAt = 0
  readonly #inbox: string | undefined
  #limit: number
  #concluding = false
  #concluded = false

  constructor(cluster: Cluster, user: string, chance: Chance, inbox?: string) {
    super(cluster, user, chance, { promising: false })
    this.#inbox = inbox
    this.#limit = 1 + Math.floor(chance.next() * 20)
  }

  get done(): boolean {
    return true
  }

  conclude(): void {
    this.#concluding = true
    this.#concluded = false
    this.#nextAt = 0
    this.#asked = undefined
    this.#limit = 500
  }

  get concluded(): boolean {
    return this.#concluded
  }

  protected run(): void {
    this.#dealer = this.cluster.connect(this.process, Math.floor(this.chance.next() * 8))
    this.#dealer.receive((frames) => this.#answered(frames.at(-1) as Uint8Array))
    this.#asked = undefined
    this.process.every(TICK_MS, () => this.#tick())
  }

  #tick(): void {
    const now = this.process.monotonic()
    if (this.#asked === undefined ? now < this.#nextAt : now - this.#asked.at < RETRY_MS) return
    if (this.#concluded) return
    this.#count++
    this.#clock++
    const id = String(this.#count)
    this.#asked = { id, at: now, sentAt: this.cluster.world.now }
    const after = this.#after === undefined ? {} : { after: this.#after }
    const about = this.#inbox === undefined ? { channel: CHANNEL } : { user: this.#inbox }
    const data = { ...about, limit: this.#limit, ...after }
    const timestamp = Math.floor(this.process.wall())
    this.#dealer?.send([
      new Uint8Array(),
      encode({ service: 'history', id, clock: this.#clock, timestamp, data }),
    ])
  }

  #answered(body: Uint8Array): void {
    for (const { id, clock, data } of parseReplies(body)) {
      this.#clock = Math.max(this.#clock, clock) + 1
      if (id !== this.#asked?.id) continue
      const { sentAt } = this.#asked
      this.#asked = undefined
      if (data.status === 'ok') this.#page(data)
      else this.#refused(new RecadoError(data.code, data.message), sentAt)
    }
  }

  #page(data: Readonly<Record<string, unknown>>): void {
    const messages = (data['messages'] as unknown[]).map(parsePublication)
    this.#after = data['next'] as string
    if (messages.length > 0) this.pages++
    this.cluster.witness.page(this.name, messages, this.#inbox)
    if (data['more'] === true) return
    this.#nextAt = this.process.monotonic() + this.chance.next() * PAUSE_MS
    this.#concluded = this.#concluding
  }

  /** What is not there yet may be unknown; once its maker was told, nobody may call it so who can know. */
  #refused(error: RecadoError, sentAt: number): void {
    this.#nextAt = this.process.monotonic() + this.chance.next() * PAUSE_MS
    const { witness } = this.cluster
    const made = [...witness.wishes.values()]
      .filter(({ kind, user }) =>
        this.#inbox === undefined ? kind === 'channel' : kind === 'login' && user === this.#inbox,
      )
      .reduce((first, { acknowledgedAt = Infinity }) => Math.min(first, acknowledgedAt), Infinity)
    const isUnknown = error.code === (this.#inbox === undefined ? 'unknown_channel' : 'unknown_user')
    const early = isUnknown && made > sentAt
    // Perhaps nobody made it at all: then there is nothing to read.
    if (early && made === Infinity) this.#concluded = this.#concluding
    if (early || error.retryable) return
    if (isUnknown && this.isHidden(error.code, sentAt, this.#inbox)) return
    witness.find(`${this.user} was refused history: ${error.code} ${error.message}`)
  }
}
