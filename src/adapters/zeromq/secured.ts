import { setTimeout as delay } from 'node:timers/promises'
import type { Guard, Pass } from '../../ports/index.ts'
import { register, unregister } from './admission.ts'
import { Comings, EVENTS, type SocketEvent } from './comings.ts'

/** libzmq does not try again by itself where its key was refused: it may be listed later. */
const REFUSED_RETRY_MS = 1000
/** Before another trusted key is tried at the same address. */
const OTHER_KEY_MS = 20
/** A busy machine lets go of a port late; without it this process is of no use, and must not end before that. */
const REBIND_WITHIN_MS = 15_000
const REBIND_MS = 2

export interface AnySocket {
  readonly events: { on(name: SocketEvent, handle: () => void): unknown }
  readonly closed: boolean
  close(): void
}

export interface BindingSocket extends AnySocket {
  bind(address: string): Promise<void>
  readonly lastEndpoint: string | null
}

export interface ConnectingSocket extends AnySocket {
  /** How long what is queued may hold up its closing, in ms. */
  linger: number
  connect(address: string): void
}

/** A socket that is replaced by a new one when keys change: libzmq reads keys only when a socket binds or connects. */
export interface Held<Socket> {
  /** The socket now; closed for a moment while another takes its place. */
  readonly current: Socket
  /** To be called when a handshake has ended, for a connecting socket. */
  onHandshake?: (() => void) | undefined
  close(): void
}

/**
 * Holds a socket bound at this address, in secured mode one that only listed keys may connect to. libzmq asks nobody
 * about connections that live, and can end none of them alone: so when somebody in there is not welcome any more the
 * socket is closed and another is bound in its place; who is still listed is back within its interval of reconnecting.
 * @param make a socket with these options besides its own
 * @param opened a socket is bound and shall be listened to
 * @returns what is held, and the address with its port, which stays the same
 */
export async function holdBound<Socket extends BindingSocket>(
  address: string,
  guard: Guard | undefined,
  make: (options: object) => Socket,
  opened: (socket: Socket) => void,
): Promise<Held<Socket> & { readonly place: string }> {
  const domain = guard === undefined ? '' : await register(guard)
  const open = (): Socket => (guard === undefined ? make({}) : guarded(make, guard, domain, renewSoon))
  let [bound, overdue] = [false, false]
  const isCurrent = (socket: Socket): boolean => socket === held.current && !socket.closed
  const renew = async (): Promise<void> => {
    held.current.close()
    const socket = open()
    held.current = socket
    await rebind(socket, held.place, () => isCurrent(socket))
    if (isCurrent(socket)) opened(socket)
  }
  const renewSoon = (): void => {
    // Only a bound socket can say which port it was given.
    if (bound) void renew()
    else overdue = true
  }
  const held = { current: open(), place: address, close: () => {} }
  const cancel = guard?.onRenew(renewSoon)
  held.close = () => {
    cancel?.()
    unregister(domain)
    held.current.close()
  }
  try {
    await held.current.bind(address)
  } catch (error) {
    held.close()
    throw error
  }
  bound = true
  held.place = held.current.lastEndpoint ?? address
  opened(held.current)
  if (overdue) void renew()
  return held
}

function guarded<Socket extends BindingSocket>(
  make: (options: object) => Socket,
  guard: Guard,
  domain: string,
  renew: () => void,
): Socket {
  const socket = make({
    curveServer: true,
    curveSecretKey: guard.pair.secretKey,
    zapDomain: domain,
    // Without this a socket that nobody answers for would let everybody in.
    zapEnforceDomain: true,
  })
  socket.events.on('handshake:error:protocol', () => guard.turnedAway('protocol'))
  socket.events.on('handshake:error:other', () => guard.turnedAway('other'))
  // Of a socket that is closed nothing more is told, whatever became of its connections.
  const ifOpen = (act: () => void) => (): void => {
    if (!socket.closed) act()
  }
  const comings = new Comings(
    ifOpen(() => guard.turnedAway('protocol')),
    ifOpen(renew),
  )
  for (const event of EVENTS) socket.events.on(event, () => comings.see(event))
  return socket
}

/**
 * Binds a socket while it is the current one: another renewal may close it meanwhile. The old socket lets go of the port
 * a moment after it says that it is closed.
 */
async function rebind(socket: BindingSocket, place: string, isCurrent: () => boolean): Promise<void> {
  const end = performance.now() + REBIND_WITHIN_MS
  while (isCurrent()) {
    try {
      await socket.bind(place)
      return
    } catch (error) {
      if (!isCurrent()) return
      if ((error as { code?: unknown }).code !== 'EADDRINUSE' || performance.now() >= end) throw error
      await delay(REBIND_MS)
    }
  }
}

/**
 * Holds a socket connected to this address, in secured mode with the keys that are right now.
 * @param make a socket with these options besides its own
 * @param opened a socket is connected and shall be listened to
 */
export function holdConnected<Socket extends ConnectingSocket>(
  address: string,
  pass: Pass | undefined,
  make: (options: object) => Socket,
  opened: (socket: Socket) => void,
): Held<Socket> {
  if (pass !== undefined) return new Connection(address, pass, make, opened)
  const current = make({})
  const held: Held<Socket> = { current, close: () => current.close() }
  // Before it connects: a handshake on the same machine may have ended before anybody else asks to be told.
  current.events.on('handshake', () => {
    if (!current.closed) held.onHandshake?.()
  })
  current.connect(address)
  opened(current)
  return held
}

class Connection<Socket extends ConnectingSocket> implements Held<Socket> {
  current: Socket
  onHandshake: (() => void) | undefined
  readonly #address: string
  readonly #pass: Pass
  readonly #make: (options: object) => Socket
  readonly #opened: (socket: Socket) => void
  readonly #cancel: () => void
  #turn = 0
  #trusted = ''
  #publicKey = ''
  #timer: NodeJS.Timeout | undefined

  constructor(
    address: string,
    pass: Pass,
    make: (options: object) => Socket,
    opened: (socket: Socket) => void,
  ) {
    this.#address = address
    this.#pass = pass
    this.#make = make
    this.#opened = opened
    this.current = this.#connect()
    this.#cancel = pass.onChange(() => this.#review())
  }

  close(): void {
    this.#cancel()
    this.#settled()
    this.current.close()
  }

  #connect(): Socket {
    const { pair, trusted } = this.#pass
    this.#trusted = trusted[this.#turn % trusted.length] as string
    this.#publicKey = pair.publicKey
    const socket = this.#make({
      curvePublicKey: pair.publicKey,
      curveSecretKey: pair.secretKey,
      curveServerKey: this.#trusted,
    })
    this.#watch(socket)
    socket.connect(this.#address)
    this.#opened(socket)
    return socket
  }

  /** What is told of a socket that has been replaced already says nothing any more. */
  #watch(socket: Socket): void {
    const ifCurrent = (act: () => void) => (): void => {
      if (socket === this.current && !socket.closed) act()
    }
    let isThrough = false
    const failed = ifCurrent(() => {
      if (isThrough) this.#abandon()
      else if (this.#pass.trusted.length > 1) this.#after(OTHER_KEY_MS)
    })
    socket.events.on(
      'handshake',
      ifCurrent(() => {
        isThrough = true
        this.#settled()
        this.onHandshake?.()
      }),
    )
    socket.events.on('disconnect', () => {
      isThrough = false
    })
    socket.events.on(
      'handshake:error:auth',
      ifCurrent(() => this.#after(REFUSED_RETRY_MS)),
    )
    socket.events.on('handshake:error:protocol', failed)
    socket.events.on('handshake:error:other', failed)
  }

  #review(): void {
    const { pair, trusted } = this.#pass
    if (pair.publicKey !== this.#publicKey || !trusted.includes(this.#trusted)) this.#replace()
  }

  /**
   * Somebody on the way altered or repeated what came: libzmq reads the connection no more, and ends the process if the next
   * heartbeat is due when the other side has gone. So no time is given to what is queued there.
   */
  #abandon(): void {
    this.current.linger = 0
    this.#replace()
  }

  #replace(): void {
    this.#settled()
    this.current.close()
    this.current = this.#connect()
  }

  #settled(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  /** Connects anew, with the next trusted key, unless a handshake ends well before: libzmq tries again by itself too. */
  #after(ms: number): void {
    this.#timer ??= setTimeout(() => {
      this.#turn++
      this.#replace()
    }, ms).unref()
  }
}
