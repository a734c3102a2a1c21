/** Who a client is, in secured mode. */
export interface Session {
  readonly token: string
  /** Logs in again, when the token is not taken any more. */
  readonly renew: () => Promise<Session | undefined>
}

/** The session that requests carry, and those that wait for another one because theirs is not taken any more. */
export class Renewal<Waiting> {
  session: Session | undefined
  readonly #again: (waiting: Waiting) => void
  readonly #fail: (waiting: Waiting, error: unknown) => void
  #waiting: Waiting[] | undefined

  constructor(again: (waiting: Waiting) => void, fail: (waiting: Waiting, error: unknown) => void) {
    this.#again = again
    this.#fail = fail
  }

  /** What was sent with this token was refused for it: `again` is called once there is another one. */
  await(waiting: Waiting, token: string): void {
    if (this.session?.token !== token) return this.#again(waiting)
    if (this.#waiting !== undefined) return void this.#waiting.push(waiting)
    this.#waiting = [waiting]
    void this.#renew(this.session)
  }

  async #renew(session: Session): Promise<void> {
    try {
      const renewed = await session.renew()
      // Another login, or another secret, may have brought a newer one meanwhile.
      if (this.session === session) this.session = renewed
      for (const each of this.#take()) this.#again(each)
    } catch (error) {
      for (const each of this.#take()) this.#fail(each, error)
    }
  }

  #take(): readonly Waiting[] {
    const waiting = this.#waiting ?? []
    this.#waiting = undefined
    return waiting
  }
}
