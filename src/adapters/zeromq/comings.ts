/** A stranger that connects and says nothing is cut off. */
export const HANDSHAKE_MS = 3000
/** Each handshake is over by then, and its end has been told. */
const DUE_MS = HANDSHAKE_MS + 1000
/** More connections than this are not left open for nothing. */
const DEAD_MAX = 1000

export const EVENTS = [
  'accept',
  'handshake',
  'handshake:error:auth',
  'handshake:error:protocol',
  'handshake:error:other',
  'disconnect',
] as const

export type SocketEvent = (typeof EVENTS)[number]

/**
 * What becomes of the connections that come to a socket, found by what libzmq tells of all together and what it does not:
 *
 * - A peer whose first bytes are none of ZMTP 3 (an old version, HTTP) is refused and nothing is told: of the connections
 *   that came, those are the ones of which nothing follows.
 * - A message that cannot be decrypted, or that came before, ends its connection only when nobody watches the socket. Else
 *   the connection stays and is dead: libzmq reads it no more, and does not even see when the peer goes. Then a failure is told
 *   and, other than that of a handshake, no end of a connection after it.
 */
export class Comings {
  readonly #refused: () => void
  readonly #full: () => void
  #came = 0
  #told = 0
  #dead = 0
  #hasFailed = false

  /**
   * @param refused one was refused, some seconds ago, of which nothing was told
   * @param full so many dead connections are open that the socket is to be replaced
   */
  constructor(refused: () => void, full: () => void) {
    this.#refused = refused
    this.#full = full
  }

  see(event: SocketEvent): void {
    if (this.#hasFailed) this.#afterFailure(event)
    this.#hasFailed = event === 'handshake:error:protocol'
    if (event === 'accept') this.#comes()
    else if (event !== 'disconnect' && !this.#hasFailed) this.#told++
  }

  #afterFailure(event: SocketEvent): void {
    if (event === 'disconnect') this.#told++
    else if (++this.#dead === DEAD_MAX) this.#full()
  }

  #comes(): void {
    const number = ++this.#came
    setTimeout(() => {
      for (; this.#told < number; this.#told++) this.#refused()
    }, DUE_MS).unref()
  }
}
