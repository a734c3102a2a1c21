import { EventEmitter } from 'node:events'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type BindingSocket, holdBound } from '../../src/adapters/zeromq/secured.ts'
import type { Guard } from '../../src/ports/index.ts'

const ANYWHERE = 'tcp://127.0.0.1:*'
const PLACE = 'tcp://127.0.0.1:4321'
const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

/** A socket whose binding ends when a test says how. */
class Socket implements BindingSocket {
  readonly events = new EventEmitter()
  readonly asked: string[] = []
  lastEndpoint: string | null = null
  closed = false
  #end: { resolve: () => void; reject: (error: Error) => void } | undefined

  bind(address: string): Promise<void> {
    this.asked.push(address)
    return new Promise((resolve, reject) => {
      this.#end = { resolve, reject }
    })
  }

  close(): void {
    this.closed = true
  }

  async bound(): Promise<void> {
    this.lastEndpoint = PLACE
    this.#end?.resolve()
    await settled()
  }

  async failed(code: string): Promise<void> {
    this.#end?.reject(Object.assign(new Error(code), { code }))
    await settled()
  }
}

/** What holds a port for a guard whose renewals a test calls for. */
async function setUp() {
  const sockets: Socket[] = []
  const opened: number[] = []
  const turnedAway: string[] = []
  let renew = (): void => {}
  const guard: Guard = {
    domain: 'clients',
    pair: { publicKey: '', secretKey: '' },
    admits: () => true,
    turnedAway: (kind) => void turnedAway.push(kind),
    onRenew(callback) {
      renew = callback
      return () => {
        renew = () => {}
      }
    },
  }
  const make = (): Socket => {
    const socket = new Socket()
    sockets.push(socket)
    return socket
  }
  const holding = holdBound(ANYWHERE, guard, make, (socket) => void opened.push(sockets.indexOf(socket)))
  await expect.poll(() => sockets[0]?.asked, { interval: 1 }).toEqual([ANYWHERE])
  const at = (index: number): Socket => sockets[index] as Socket
  return { holding, sockets, at, opened, turnedAway, renew: () => renew() }
}

async function held() {
  const stage = await setUp()
  await stage.at(0).bound()
  return { ...stage, held: await stage.holding }
}

afterEach(() => {
  vi.useRealTimers()
})

describe('a port that is held in secured mode', () => {
  it('is bound again where it was when its connections must end', async () => {
    const { renew, at, opened } = await held()
    renew()
    await at(1).failed('EADDRINUSE')
    await expect.poll(() => at(1).asked).toEqual([PLACE, PLACE])
    await at(1).bound()

    expect(at(0).closed).toBe(true)
    expect(opened).toEqual([0, 1])
  })

  it('waits for its port as long as a busy machine takes to let go of it', async () => {
    const { renew, at, opened } = await held()
    renew()
    for (let tries = 1; tries <= 600; tries++) {
      await at(1).failed('EADDRINUSE')
      await expect.poll(() => at(1).asked.length, { interval: 1 }).toBe(tries + 1)
    }
    await at(1).bound()

    expect(opened).toEqual([0, 1])
  })

  it('takes a second renewal while the first still binds, at the same place', async () => {
    const { renew, at, opened, held: port } = await held()
    renew()
    renew()
    await at(1).failed('EBADF')
    await at(2).bound()

    expect(at(2).asked).toEqual([PLACE])
    expect(opened).toEqual([0, 2])
    expect(port.current).toBe(at(2))
  })

  it('does not listen to a socket that was bound when it had been replaced already', async () => {
    const { renew, at, opened } = await held()
    renew()
    renew()
    await at(1).bound()
    expect(opened).toEqual([0])
    await at(2).bound()

    expect(opened).toEqual([0, 2])
  })

  it('renews once it is bound when that was called for before', async () => {
    const { holding, renew, at, opened, sockets } = await setUp()
    renew()
    await at(0).bound()
    const port = await holding
    await at(1).bound()

    expect(port.place).toBe(PLACE)
    expect(at(1).asked).toEqual([PLACE])
    expect(opened).toEqual([0, 1])
    expect(sockets.map(({ closed }) => closed)).toEqual([true, false])
  })

  it('is let go while it binds anew', async () => {
    const { renew, at, opened, held: port } = await held()
    renew()
    port.close()
    await at(1).failed('EBADF')

    expect(at(1).closed).toBe(true)
    expect(opened).toEqual([0])
  })
})

describe('a port in secured mode', () => {
  const REFUSED = ['handshake:error:protocol', 'disconnect']
  const see = (socket: Socket, ...events: string[]): void => {
    for (const event of events) socket.events.emit(event)
  }

  it('counts a peer of which nothing is told but that it came and went, once its handshake is over', async () => {
    const { at, turnedAway } = await held()
    vi.useFakeTimers()
    see(at(0), 'accept', 'disconnect')
    vi.advanceTimersByTime(3000)
    expect(turnedAway).toEqual([])
    vi.advanceTimersByTime(2000)

    expect(turnedAway).toEqual(['protocol'])
  })

  it('counts no peer twice of which more is told, and finds the others among them', async () => {
    const { at, turnedAway } = await held()
    const told = ['handshake', 'handshake:error:auth', ...REFUSED, 'handshake:error:other', 'disconnect']
    vi.useFakeTimers()
    see(at(0), 'accept', 'accept', 'accept', 'accept', ...told, 'accept', 'disconnect', 'accept', ...REFUSED)
    expect(turnedAway).toEqual(['protocol', 'other', 'protocol'])
    vi.advanceTimersByTime(60_000)

    expect(turnedAway).toEqual(['protocol', 'other', 'protocol', 'protocol'])
  })

  it('does not make up for one by what failed on a connection that was let in before', async () => {
    const { at, turnedAway } = await held()
    vi.useFakeTimers()
    see(
      at(0),
      'accept',
      'handshake',
      'accept',
      'disconnect',
      'handshake:error:protocol',
      'accept',
      ...REFUSED,
    )
    vi.advanceTimersByTime(60_000)

    expect(turnedAway).toEqual(['protocol', 'protocol', 'protocol'])
  })

  it('counts nothing of a socket whose place another has taken', async () => {
    const { at, turnedAway, renew } = await held()
    vi.useFakeTimers()
    see(at(0), 'accept', 'disconnect')
    renew()
    vi.advanceTimersByTime(60_000)

    expect(turnedAway).toEqual([])
  })

  it('is opened anew before connections that are dead and open take all that a process may have open', async () => {
    const { at, sockets } = await held()
    for (let dead = 0; dead < 999; dead++)
      see(at(0), 'accept', 'handshake', 'handshake:error:protocol', 'accept', ...REFUSED)
    expect(at(0).closed).toBe(false)
    see(at(0), 'accept', 'handshake', 'handshake:error:protocol', 'handshake')
    await at(1).bound()

    expect(sockets.map(({ closed }) => closed)).toEqual([true, false])
  })
})
