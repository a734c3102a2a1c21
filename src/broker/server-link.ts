import type { Ready } from '../wire/index.ts'
import type { Body, Connection } from './queue.ts'

/** One registration of a server, with what it was given and has not answered. */
export class ServerLink {
  /** The socket's name for it. */
  readonly id: string
  readonly name: string
  readonly incarnation: number
  readonly session: number
  readonly credit: number
  /** By tag, in the order in which it was given them. */
  readonly held = new Map<number, Body>()
  /** Connections with bodies that wait for its credit, in turn. */
  readonly stalled = new Set<Connection>()
  /** Connections whose bodies go here. */
  connections = 0
  heardAt: number
  /** It asked for nothing new, and still answers what it has. */
  leaving = false
  /** Bodies that go out at the end of this turn, and their bytes. */
  outgoing: Body[] = []
  outgoingBytes = 0

  constructor(id: string, ready: Ready, heardAt: number) {
    this.id = id
    this.name = ready.name
    this.incarnation = ready.incarnation
    this.session = ready.session
    this.credit = ready.credit
    this.heardAt = heardAt
  }

  get hasCredit(): boolean {
    return this.held.size < this.credit
  }

  give(tag: number, body: Body): void {
    body.tag = tag
    body.server = this
    body.connection.outstanding++
    this.held.set(tag, body)
    this.outgoing.push(body)
    this.outgoingBytes += body.bytes.byteLength
  }

  /** Forgets that it has this body. */
  release(body: Body): void {
    this.held.delete(body.tag)
    body.server = undefined
    body.connection.outstanding--
  }

  /** What goes out now. */
  takeOutgoing(): Body[] {
    const bodies = this.outgoing
    this.outgoing = []
    this.outgoingBytes = 0
    return bodies
  }
}
