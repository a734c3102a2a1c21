/** What became of one text that a client said. */
export interface Acknowledgement {
  readonly client: string
  readonly text: string
  /** Monotonic ms. */
  readonly at: number
}

/** What the servers' files hold of one text, in the files' order. */
export interface Held {
  readonly text: string
  readonly kind: 'publication' | 'message'
}

export interface Tally {
  readonly acknowledged: number
  /** Their deadline passed; the outcome is not known. */
  readonly unknown: number
  /** Acknowledged, and not in the files or not told to the subscriber. */
  readonly lost: readonly string[]
  /** More than once in the files, or told to the subscriber more than once. */
  readonly doubled: readonly string[]
  /** Told to the subscriber, and not in the files. */
  readonly invented: readonly string[]
  /** In the files before what the same worker said earlier. */
  readonly misplaced: readonly string[]
}

/**
 * Keeps what clients were told: every acknowledgement with its time, and every text whose outcome they do not know.
 * A text is unique, and ends in a space and its worker's count.
 */
export class Recorder {
  readonly #acknowledgements: Acknowledgement[] = []
  readonly #unknown: string[] = []
  readonly #received: string[] = []
  /** When each client began, or was acknowledged last, and its longest wait until then. */
  readonly #waits = new Map<string, { since: number; longest: number }>()

  get acknowledged(): number {
    return this.#acknowledgements.length
  }

  get received(): number {
    return this.#received.length
  }

  /** The client's first operation goes out now. */
  begin(client: string, at: number): void {
    this.#waits.set(client, { since: at, longest: 0 })
  }

  acknowledge(client: string, text: string, at: number): void {
    this.#acknowledgements.push({ client, text, at })
    this.#waits.set(client, { since: at, longest: this.#longest(client, at) })
  }

  giveUp(text: string): void {
    this.#unknown.push(text)
  }

  receive(text: string): void {
    this.#received.push(text)
  }

  /** The longest time that any one client was without an acknowledgement, in ms, until now. */
  longestGap(now: number): number {
    return Math.max(0, ...[...this.#waits.keys()].map((client) => this.#longest(client, now)))
  }

  /** Which of what was acknowledged these texts lack. */
  missingIn(texts: ReadonlySet<string>): string[] {
    return this.#acknowledgements.map(({ text }) => text).filter((text) => !texts.has(text))
  }

  /** Compares all that was recorded with what the files hold. */
  tally(held: readonly Held[]): Tally {
    const texts = held.map(({ text }) => text)
    const [inFiles, told] = [new Set(texts), new Set(this.#received)]
    return {
      acknowledged: this.#acknowledgements.length,
      unknown: this.#unknown.length,
      lost: this.#acknowledgements
        .map(({ text }) => text)
        .filter((text) => !inFiles.has(text) || !told.has(text)),
      doubled: [...repeated(texts), ...repeated(this.#received)],
      invented: [...told].filter((text) => !inFiles.has(text)),
      misplaced: misplaced(held),
    }
  }

  #longest(client: string, until: number): number {
    const { since, longest } = this.#waits.get(client) ?? { since: until, longest: 0 }
    return Math.max(longest, until - since)
  }
}

function repeated(texts: readonly string[]): string[] {
  const seen = new Set<string>()
  return texts.filter((text) => seen.size === seen.add(text).size)
}

/** A worker says one thing after the other: so its counts rise in each file. */
function misplaced(held: readonly Held[]): string[] {
  const latest = new Map<string, number>()
  return held.flatMap(({ text, kind }) => {
    const space = text.lastIndexOf(' ')
    const worker = `${kind} ${text.slice(0, space)}`
    const count = Number(text.slice(space + 1))
    const before = latest.get(worker) ?? 0
    latest.set(worker, Math.max(before, count))
    return count < before ? [text] : []
  })
}
