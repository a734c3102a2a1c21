import type { Position, RecadoError, Request } from '../../wire/index.ts'
import type { Entry } from '../acceptor.ts'
import type { Level } from '../acknowledgements.ts'

/** One request under way. */
export interface Call {
  readonly request: Request
  readonly answered: boolean
  /** Answers, once. */
  ok(data?: Readonly<Record<string, unknown>>): void
  fail(error: RecadoError): void
  /** It has its place in the order: the connection's next request may begin. */
  accepted(): void
}

/** What the services may do. A service throws a RecadoError, or answers its call now or later. */
export interface Desk {
  readonly acks: Level
  readonly messageBytesMax: number
  knowsUser(name: string): boolean
  knowsChannel(name: string): boolean
  users(): readonly string[]
  channels(): readonly string[]
  /**
   * Goes on when `known` holds; if it does not, makes sure with a majority first, for this server may only be behind.
   * Meanwhile the connection's later requests wait.
   */
  makeSure(call: Call, known: () => boolean, otherwise: () => RecadoError, go: () => void): void
  /** Makes the entry an operation, or finds the one that its id already made, and answers once it is held. */
  accept(call: Call, entry: Entry, level: Level, answer: (operation: Position) => object): void
  /** Answers once the registration that is already there is held as the level asks. */
  awaitRegistration(call: Call, kind: 'login' | 'channel', name: string): void
  history(call: Call): void
  status(): Readonly<Record<string, unknown>>
}

/** The ok reply's data that names the operation. */
export function named(operation: Position): object {
  return { operation }
}

export type Service = (call: Call, desk: Desk) => void
