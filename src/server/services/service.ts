import type { UserSecret } from '../../store/index.ts'
import type { Position, RecadoError, Request } from '../../wire/index.ts'
import type { Entry } from '../acceptor.ts'
import type { Level } from '../acknowledgements.ts'

/** One request under way. */
export interface Call {
  readonly request: Request
  /** Who asks, as its token proves in secured mode. */
  readonly user?: string | undefined
  readonly answered: boolean
  /** Answers, once. */
  ok(data?: Readonly<Record<string, unknown>>): void
  fail(error: RecadoError): void
  /** It has its place in the order: the connection's next request may begin. */
  accepted(): void
}

/** The data of an ok reply once the operation is held, or what went wrong after all. */
export type Answer = (operation: Position) => object | RecadoError

/** What the services may do. A service throws a RecadoError, or answers its call now or later. */
export interface Desk {
  readonly acks: Level
  readonly messageBytesMax: number
  knowsUser(name: string): boolean
  knowsChannel(name: string): boolean
  /** As far as is known here. */
  secretOf(user: string): UserSecret | undefined
  /** Takes the clock of a call of secured mode whose user has only now proved who it is. */
  hear(call: Call): void
  /** Goes on once this server holds all that a majority had on disk when asked. */
  afterMajority(call: Call, go: () => void): void
  /** Answers once that operation is held as the level asks. */
  awaitHeld(call: Call, position: Position, level: Level, answer: Answer): void
  /** Who sees to logins in secured mode. */
  readonly logins: { logIn(call: Call): void } | undefined
  users(): readonly string[]
  /** In secured mode those that this user may use. */
  channels(user: string | undefined): readonly string[]
  /** The members of a private channel, each with the operation that made it one; undefined when it is public. */
  membersOf(channel: string): ReadonlyMap<string, Position> | undefined
  mayUse(channel: string, user: string): boolean
  /** How many channels this user has created. */
  channelsMadeBy(user: string): number
  /** In secured mode, where the gate has let many ask at once. @throws RecadoError `denied` */
  checkMayCreate(user: string): void
  /**
   * Goes on when `known` holds; if it does not, makes sure with a majority first, for this server may only be behind.
   * Meanwhile the connection's later requests wait.
   */
  makeSure(call: Call, known: () => boolean, otherwise: () => RecadoError, go: () => void): void
  /** Makes the entry an operation, or finds the one that its id already made, and answers once it is held. */
  accept(call: Call, entry: Entry, level: Level, answer: Answer): void
  /** Answers once the registration that is already there is held as the level asks. */
  awaitRegistration(call: Call, kind: 'login' | 'channel', name: string, answer?: Answer): void
  history(call: Call): void
  status(): Readonly<Record<string, unknown>>
}

/** The ok reply's data that names the operation. */
export function named(operation: Position): object {
  return { operation }
}

export type Service = (call: Call, desk: Desk) => void
