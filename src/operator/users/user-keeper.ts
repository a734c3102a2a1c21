import type { Cancel, Log, Time, Timers } from '../../ports/index.ts'
import { RecadoError } from '../../wire/index.ts'
import type { UserClient } from './user-client.ts'

/** After a failure that may mend itself, and after the first refusal; each further one waits four times as long. */
const AGAIN_MS = 10_000
/** A refused login counts as a guess and makes the user itself wait: who has changed its secret is left in peace. */
const REFUSED_MS_MAX = 600_000

/** A user as its resource asks for it. */
export interface WantedUser {
  readonly name: string
  readonly secret: string
  /** The private channels that it shall be a member of. */
  readonly channels: readonly string[]
  /** How far it was when its status was written last, by whichever operator. */
  readonly before: Pick<UserProgress, 'isKnown' | 'channels'>
}

/** How far a user is. */
export interface UserProgress {
  /** Whether it was logged in: the name is its own. */
  readonly isKnown: boolean
  /** The private channels that it was brought into, sorted. */
  readonly channels: readonly string[]
  /** What went wrong last. */
  readonly problem: string | undefined
}

export interface UserKeeperOptions {
  readonly time: Time
  readonly timers: Timers
  readonly log: Log
  readonly open: () => Promise<UserClient>
  /** Something is another than before for one of the users. */
  readonly onChange: () => void
}

interface State {
  isKnown: boolean
  readonly joined: Set<string>
  problem: string | undefined
  refusals: number
  /** Monotonic ms before which it is not tried again. */
  notBefore: number
}

/**
 * Logs every user of a cluster in, so that nobody else can take its name, and brings it into its private channels and out
 * of those that it shall leave. It works beside the passes, which never wait for it.
 */
export class UserKeeper {
  readonly #options: UserKeeperOptions
  readonly #states = new Map<string, State>()
  #wanted: readonly WantedUser[] = []
  #isStopped = false
  #work: Promise<void> | undefined
  #client: UserClient | undefined
  #cancel: Cancel = () => {}

  constructor(options: UserKeeperOptions) {
    this.#options = options
  }

  /** These are the users from now on. */
  want(users: readonly WantedUser[]): void {
    this.#wanted = users
    const names = new Set(users.map(({ name }) => name))
    for (const name of this.#states.keys()) if (!names.has(name)) this.#states.delete(name)
    this.#begin()
  }

  /** Undefined for who was not asked for. */
  progressOf(name: string): UserProgress | undefined {
    const state = this.#states.get(name)
    if (state === undefined) return undefined
    const { isKnown, joined, problem } = state
    return { isKnown, channels: [...joined].toSorted(), problem }
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.#cancel()
    // What is under way fails at once: who leads no more has seconds to end.
    await this.#client?.close()
    await this.#work
  }

  #stateOf({ name, before }: WantedUser): State {
    let state = this.#states.get(name)
    if (state === undefined) {
      const { isKnown, channels } = before
      state = { isKnown, joined: new Set(channels), problem: undefined, refusals: 0, notBefore: 0 }
      this.#states.set(name, state)
    }
    return state
  }

  #begin(): void {
    if (this.#isStopped || this.#work !== undefined) return
    this.#cancel()
    const now = this.#options.time.monotonic()
    const open = this.#wanted.filter((user) => isUnfinished(user, this.#stateOf(user)))
    if (open.length === 0) return
    const due = open.filter((user) => this.#stateOf(user).notBefore <= now)
    if (due.length > 0) {
      this.#work = this.#workOn(due)
      return
    }
    const next = Math.min(...open.map((user) => this.#stateOf(user).notBefore))
    this.#cancel = this.#options.timers.after(next - now, () => this.#begin())
  }

  async #workOn(users: readonly WantedUser[]): Promise<void> {
    try {
      await this.#round(users)
    } catch (error) {
      this.#options.log.error({ err: error }, 'Users could not be logged in')
      this.#putOff(users)
    }
    this.#work = undefined
    this.#begin()
  }

  async #round(users: readonly WantedUser[]): Promise<void> {
    const client = await this.#options.open()
    this.#client = client
    try {
      for (const user of users) {
        if (this.#isStopped) return
        // Who cannot be reached for one cannot be reached for the next.
        if (!(await this.#serve(client, user))) return this.#putOff(users)
      }
    } finally {
      this.#client = undefined
      await client.close()
    }
  }

  /** False when nobody could be reached. */
  async #serve(client: UserClient, user: WantedUser): Promise<boolean> {
    const state = this.#stateOf(user)
    const former = JSON.stringify(this.progressOf(user.name))
    try {
      await client.login(user.name, user)
      state.isKnown = true
      for (const channel of user.channels) {
        if (state.joined.has(channel)) continue
        await this.#join(client, user, channel)
        state.joined.add(channel)
      }
      for (const channel of state.joined) {
        if (user.channels.includes(channel)) continue
        await leave(client, channel)
        state.joined.delete(channel)
      }
      state.problem = undefined
      state.refusals = 0
      return true
    } catch (error) {
      if (!(error instanceof RecadoError)) throw error
      state.problem = error.message
      this.#waitAfter(state, error)
      return error.code !== 'unavailable'
    } finally {
      if (JSON.stringify(this.progressOf(user.name)) !== former) this.#options.onChange()
    }
  }

  /** By a member, if one of the users is; else by making the channel, which is left as it is when it is there. */
  async #join(client: UserClient, user: WantedUser, channel: string): Promise<void> {
    const member = this.#wanted.find((each) => {
      return each.name !== user.name && this.#states.get(each.name)?.joined.has(channel) === true
    })
    if (member !== undefined && (await this.#invite(client, member, { user, channel }))) return
    await client.createChannel(channel, { members: [user.name] })
    // Another may have made it at the same moment, for others: this says so.
    await client.invite(channel, user.name)
  }

  /** False when the member cannot invite any more: it may have left by itself, or changed its secret. */
  async #invite(
    client: UserClient,
    member: WantedUser,
    { user, channel }: { readonly user: WantedUser; readonly channel: string },
  ): Promise<boolean> {
    try {
      await client.login(member.name, member)
      await client.invite(channel, user.name)
      return true
    } catch (error) {
      if (!(error instanceof RecadoError) || error.code !== 'denied') throw error
      return false
    } finally {
      await client.login(user.name, user)
    }
  }

  #waitAfter(state: State, { code }: RecadoError): void {
    const factor = code === 'denied' ? 4 ** state.refusals++ : 1
    state.notBefore = this.#options.time.monotonic() + Math.min(AGAIN_MS * factor, REFUSED_MS_MAX)
  }

  #putOff(users: readonly WantedUser[]): void {
    const notBefore = this.#options.time.monotonic() + AGAIN_MS
    for (const user of users) {
      const state = this.#stateOf(user)
      state.notBefore = Math.max(state.notBefore, notBefore)
    }
  }
}

function isUnfinished({ channels }: WantedUser, { isKnown, joined }: State): boolean {
  return !isKnown || channels.length !== joined.size || channels.some((channel) => !joined.has(channel))
}

/** Who is no member any more, or never was, has left. */
async function leave(client: UserClient, channel: string): Promise<void> {
  try {
    await client.leave(channel)
  } catch (error) {
    if (!(error instanceof RecadoError) || !['denied', 'bad_request', 'unknown_channel'].includes(error.code))
      throw error
  }
}
