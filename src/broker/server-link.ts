import type { Body } from './queue.ts'

/** One registration of a server, with what it was given and has not answered. */
export class ServerLink {
  /** The socket's name for it. */
  readonly id: string
  readonly name: string
  readonly incarnation: number
  readonly session: number
  readonly credit: number
  readonly held = new Map<number, Body>()
  /** Connections whose bodies go here. */
  connections = 0
  heardAt: number
  /** It asked for nothing new, and still answers what it has. */
  leaving = false
  /** Bodies that go out at the end of this turn. */
  outgoing: { tag: number; body: Body }[] = []

  constructor(options: {
    readonly id: string
    readonly name: string
    readonly incarnation: number
    readonly session: number
    readonly credit: number
    readonly heardAt: number
  }) {
    this.id = options.id
    this.name = options.name
    this.incarnation = options.incarnation
    this.session = options.session
    this.credit = options.credit
    this.heardAt = options.heardAt
  }

  get hasCredit(): boolean {
    return this.held.size < this.credit
  }
}
