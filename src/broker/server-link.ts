import type { BackendHead, Ready } from '../wire/index.ts'
import { PassingMap } from './passing-map.ts'
import type { Body, Connection } from './queue.ts'

/** What one connection may have here while no other asks, and what all that ask have together. */
const ALONE = 4096
const TOGETHER = 1024
const SHARE_MIN = 32

/** One registration of a server, with what it was given and has not answered. */
export class ServerLink {
  /** The socket's name for it. */
  readonly id: string
  readonly name: string
  readonly incarnation: number
  readonly session: number
  readonly credit: number
  /** By tag, in the order in which it was given them. */
  readonly held = new PassingMap<number, Body>()
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
  /** Connections that were given something lately, and those of the time before. */
  #asking = new Set<Connection>()
  #asked = new Set<Connection>()

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

  /** What each connection may have here. */
  get share(): number {
    const connections = Math.max(this.#asking.size, this.#asked.size)
    return connections <= 1 ? ALONE : Math.max(SHARE_MIN, Math.floor(TOGETHER / connections))
  }

  /** To be called now and then: who has asked for nothing since the last call but one has no share any more. */
  forgetAsking(): void {
    this.#asked = this.#asking
    this.#asking = new Set()
  }

  /** Whether this body may be given now, beside those of its connection that are here. */
  admits({ connection, requests, bytes }: Body): boolean {
    this.#asking.add(connection)
    return connection.share.admits(connection.share.costOf(requests, bytes.byteLength), this.share)
  }

  give(tag: number, body: Body): void {
    body.tag = tag
    body.server = this
    body.cost = body.connection.share.costOf(body.requests, body.bytes.byteLength)
    body.connection.share.give(body.cost)
    body.connection.outstanding++
    this.held.set(tag, body)
    this.outgoing.push(body)
    this.outgoingBytes += body.bytes.byteLength
  }

  /** Forgets that it has this body. */
  release(body: Body): void {
    this.held.delete(body.tag)
    body.server = undefined
    body.connection.share.release(body.cost)
    body.connection.outstanding--
  }

  /** What goes out now, as one message. */
  takeRequests(): { readonly head: BackendHead; readonly bytes: Uint8Array } {
    const bodies = this.#takeOutgoing()
    const head: BackendHead = {
      kind: 'requests',
      session: this.session,
      tags: bodies.map(({ tag }) => tag),
      connections: bodies.map(({ connection }) => connection.number),
      lengths: bodies.map(({ bytes }) => bytes.byteLength),
    }
    return { head, bytes: Buffer.concat(bodies.map(({ bytes }) => bytes)) }
  }

  /** What has not gone out yet waits again. */
  takeBack(): void {
    for (const body of this.#takeOutgoing().toReversed()) {
      this.release(body)
      if (!body.expired) body.connection.waiting.unshift(body)
      this.stalled.add(body.connection)
    }
  }

  /** It is gone: what it had and somebody still waits for, in its order, and what was asked by connections that have ended. */
  takeAll(): { readonly living: Map<Connection, Body[]>; readonly left: Body[] } {
    const bodies = [...this.held.values()]
    for (const body of bodies) this.release(body)
    const awaited = bodies.filter(({ expired }) => !expired)
    const isLiving = ({ epoch, connection }: Body): boolean => epoch === connection.epoch
    return {
      living: Map.groupBy(awaited.filter(isLiving), ({ connection }) => connection),
      left: awaited.filter((body) => !isLiving(body)),
    }
  }

  #takeOutgoing(): Body[] {
    const bodies = this.outgoing
    this.outgoing = []
    this.outgoingBytes = 0
    return bodies
  }
}
