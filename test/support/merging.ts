import { type Place, placeBehind } from '../../src/client/cursor.ts'
import { Merge, type MergeOptions, type Page, type Question } from '../../src/client/merge.ts'
import { comparePositions, type Publication } from '../../src/wire/index.ts'
import { VirtualTime } from './virtual-time.ts'

const START: Place = { after: undefined, passed: new Map() }

/** A topic as servers keep it, whose cursors are vectors, as theirs are. */
export class Topic {
  readonly messages: Publication[] = []
  readonly #last = new Map<string, number>()
  #clock = 0

  /** Something is said; other operations of the stream may have come between. */
  say(origin: string, options: { skip?: number; id?: string; clock?: number } = {}): Publication {
    const previous = this.#last.get(origin) ?? 0
    const seq = previous + 1 + (options.skip ?? 0)
    this.#last.set(origin, seq)
    this.#clock = options.clock ?? this.#clock + 1
    const publication: Publication = {
      clock: this.#clock,
      timestamp: 0,
      operation: { clock: this.#clock, origin, incarnation: 1, seq },
      previous,
      id: options.id ?? `${origin}-${seq}`,
      user: 'ana',
      channel: 'general',
      message: `${origin} ${seq}`,
    }
    this.messages.push(publication)
    return publication
  }

  /** What a server answers that shows the first `shown` of the messages; all unless given. */
  page({ after, limit, passed: also }: Question, shown: number = this.messages.length): Page {
    const messages = this.messages.slice(0, shown)
    if (after === 'now') {
      const last = new Map(messages.map(({ operation }) => [operation.origin, operation.seq]))
      const passed = new Map([...last].map(([origin, seq]) => [`${origin}/1`, seq]))
      return { messages: [], next: JSON.stringify([...last]), more: false, passed }
    }
    const passed = new Map<string, number>(after === undefined ? [] : JSON.parse(after))
    for (const [stream, seq] of Object.entries(also)) {
      const origin = stream.split('/')[0] as string
      passed.set(origin, Math.max(seq, passed.get(origin) ?? 0))
    }
    const behind = messages
      .filter(({ operation }) => operation.seq > (passed.get(operation.origin) ?? 0))
      .toSorted((a, b) => comparePositions(a.operation, b.operation))
    const given = behind.slice(0, limit)
    for (const { operation } of given) passed.set(operation.origin, operation.seq)
    return {
      messages: given.map((message) => ({ ...message, previous: 0 })),
      next: JSON.stringify([...passed]),
      more: behind.length > limit,
    }
  }
}

/** A merge that reads a topic; it answers at once unless it is told to wait. */
export class Reader {
  readonly got: string[] = []
  readonly places: Place[] = []
  readonly questions: Question[] = []
  readonly world = new VirtualTime()
  readonly merge: Merge
  room = 1_000_000
  answering = true

  constructor(topic: Topic, options: Partial<MergeOptions> = {}) {
    const merge = new Merge({
      from: START,
      skip: false,
      timers: this.world.process(),
      wanted: () => true,
      ask: (question) => {
        this.questions.push(question)
        if (this.answering) merge.page(topic.page(question))
      },
      deliver: (publication, before) => {
        this.got.push(publication.message as string)
        this.places.push(placeBehind(before, publication))
        this.room--
      },
      room: () => this.room,
      caughtUp: () => {},
      ...options,
    })
    this.merge = merge
  }
}

export function said(topic: Topic): string[] {
  return topic.messages.map((message) => message.message as string)
}
