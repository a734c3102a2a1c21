import type { UserClient } from '../../../src/operator/users/index.ts'
import { type ErrorCode, RecadoError } from '../../../src/wire/index.ts'
import type { World } from './world.ts'

/** What servers know of users and private channels, as clients meet it. */
export class SimulatedMessaging {
  readonly secrets = new Map<string, string>()
  readonly members = new Map<string, Set<string>>()
  /** Nobody answers. */
  isAway = false
  /** Requests get no answer at all. */
  isSilent = false
  /** What clients asked for, in order. */
  readonly asked: string[] = []
  open = 0
  readonly #world: World

  constructor(world: World) {
    this.#world = world
  }

  connect(): UserClient {
    let me = ''
    const closing = new Set<() => void>()
    const answer = (what: string, act: () => unknown): Promise<void> => this.#answer(what, act, closing)
    let isOpen = true
    this.open++
    return {
      login: (user, { secret }) =>
        answer(`login ${user}`, () => {
          if (!this.secrets.has(user)) this.secrets.set(user, secret)
          if (this.secrets.get(user) !== secret) throw new RecadoError('denied', 'The secret is wrong')
          me = user
        }),
      createChannel: (channel, { members }) =>
        answer(`create ${channel}`, () => {
          if (!this.members.has(channel)) this.members.set(channel, new Set(members))
          else this.#mustBe(me, channel)
        }),
      invite: (channel, member) =>
        answer(`invite ${member} to ${channel}`, () => this.#mustBe(me, channel).add(member)),
      leave: (channel) => answer(`leave ${channel}`, () => this.#mustBe(me, channel).delete(me)),
      close: async () => {
        if (!isOpen) return
        isOpen = false
        this.open--
        for (const close of closing) close()
      },
    }
  }

  #mustBe(user: string, channel: string): Set<string> {
    const members = this.members.get(channel)
    if (members?.has(user) !== true) throw new RecadoError('denied', `${user} is no member of ${channel}`)
    return members
  }

  #answer(what: string, act: () => unknown, closing: Set<() => void>): Promise<void> {
    return new Promise((resolve, reject) => {
      const refuse = (code: ErrorCode, message: string): void => reject(new RecadoError(code, message))
      closing.add(() => refuse('unavailable', 'The client is closed'))
      this.#world.later(2, 50, () => {
        this.#world.time.promises = true
        if (this.isSilent) return
        if (this.isAway) return refuse('unavailable', 'No broker answers')
        this.asked.push(what)
        try {
          act()
          resolve()
        } catch (error) {
          reject(error)
        }
      })
    })
  }
}
