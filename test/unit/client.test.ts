import { describe, expect, it } from 'vitest'
import { Requests } from '../../src/client/requests.ts'
import type { Dealer } from '../../src/ports/index.ts'
import { CLIENT_LIMITS, CLIENT_WINDOW, decode, encode, type Request } from '../../src/wire/index.ts'
import { seededChance, VirtualTime } from '../support/virtual-time.ts'

/** What brokers received, and a way to answer it. */
class Brokers {
  readonly bodies: { address: string; requests: Request[]; batch: boolean }[] = []
  readonly closed: string[] = []
  /** Tells the client that the connection in use took the place of one that was lost. */
  reconnect: () => void = () => {}
  #answer: ((frames: Uint8Array[]) => void) | undefined

  open(address: string): Dealer {
    return {
      send: (frames) => {
        const value = decode(frames[1] as Uint8Array, CLIENT_LIMITS)
        const batch = Array.isArray(value)
        this.bodies.push({ address, requests: (batch ? value : [value]) as Request[], batch })
        return true
      },
      receive: (handler) => {
        this.#answer = handler
      },
      onReconnect: (callback) => {
        this.reconnect = callback
      },
      close: () => {
        this.closed.push(address)
        return Promise.resolve()
      },
    }
  }

  get requests(): Request[] {
    return this.bodies.flatMap((body) => body.requests)
  }

  answer(requests: readonly Request[], data: object = { status: 'ok' }): void {
    const replies = requests.map(({ service, id }) => ({ service, id, clock: 100, timestamp: 1, data }))
    this.#answer?.([new Uint8Array(), encode(replies)])
  }
}

function setUp(addresses = ['tcp://a:1']): { world: VirtualTime; brokers: Brokers; requests: Requests } {
  const world = new VirtualTime()
  const brokers = new Brokers()
  const time = world.process()
  const requests = new Requests({
    open: (address) => brokers.open(address),
    time,
    timers: time,
    chance: seededChance(1),
    deadlineMs: 10_000,
  })
  requests.setBrokers(addresses)
  return { world, brokers, requests }
}

const UNAVAILABLE = { status: 'error', code: 'unavailable', message: 'Not now', retryable: true }

/** The outcome of a call, readable at once after the microtasks. */
function outcomeOf(promise: Promise<unknown>): { value?: unknown; error?: unknown } {
  const outcome: { value?: unknown; error?: unknown } = {}
  promise.then(
    (value) => Object.assign(outcome, { value }),
    (error: unknown) => Object.assign(outcome, { error }),
  )
  return outcome
}

const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

describe('Requests', () => {
  it('send again with their ids what is under way as soon as a lost connection is back', () => {
    const { world, brokers, requests } = setUp()
    outcomeOf(requests.call('publish', { message: 'a' }))
    world.run(500)
    brokers.reconnect()
    world.run(10)

    const ids = brokers.requests.map(({ id }) => id)
    expect(ids).toEqual([ids[0], ids[0]])
  })

  it('go by what a reply says of trying again, whatever its code, also in the error of one that has had no other', async () => {
    const { world, brokers, requests } = setUp()
    const outcome = outcomeOf(requests.call('publish', { message: 'a' }))
    world.run(1)
    brokers.answer(brokers.requests, { ...UNAVAILABLE, code: 'bad_request' })
    await settled()
    expect(outcome).toEqual({})
    world.run(1000)
    expect(brokers.requests.length).toBeGreaterThan(1)
    world.run(10_000)
    await settled()
    expect(outcome.error).toMatchObject({ code: 'bad_request', retryable: true })
  })

  it('sends what is published within one turn as one array, in order', () => {
    const { world, brokers, requests } = setUp()
    for (const message of ['a', 'b', 'c']) outcomeOf(requests.call('publish', { message }))
    world.run(1)

    expect(brokers.bodies).toHaveLength(1)
    expect(brokers.bodies[0]?.batch).toBe(true)
    expect(brokers.requests.map((request) => request.data['message'])).toEqual(['a', 'b', 'c'])
  })

  it('sends what may wait long in bodies of their own', () => {
    const { world, brokers, requests } = setUp()
    outcomeOf(requests.call('history', { channel: 'a' }))
    outcomeOf(requests.call('publish', { message: 'b' }))
    outcomeOf(requests.call('login', { user: 'c' }))
    world.run(1)

    expect(brokers.bodies.map((body) => body.requests.length)).toEqual([1, 1, 1])
    expect(brokers.bodies.map((body) => body.batch)).toEqual([false, false, false])
  })

  it('splits arrays at their limits of requests and bytes', () => {
    const { world, brokers, requests } = setUp()
    for (let n = 0; n < 129; n++) outcomeOf(requests.call('publish', { message: 'x' }))
    world.run(1)
    const counts = brokers.bodies.map((body) => body.requests.length)
    const large = setUp()
    for (let n = 0; n < 5; n++) outcomeOf(large.requests.call('publish', { message: 'x'.repeat(250_000) }))
    large.world.run(1)

    expect(counts).toEqual([128, 1])
    expect(large.brokers.bodies.map((body) => body.requests.length)).toEqual([2, 2, 1])
  })

  it('gives every request an id of its own and a rising clock above those received', async () => {
    const { world, brokers, requests } = setUp()
    const first = outcomeOf(requests.call('publish', { message: 'a' }))
    world.run(1)
    brokers.answer(brokers.requests)
    await settled()
    outcomeOf(requests.call('publish', { message: 'b' }))
    world.run(1)
    const [a, b] = brokers.requests

    expect(first.value).toEqual({ status: 'ok' })
    expect(a?.id).not.toBe(b?.id)
    expect(b?.clock).toBeGreaterThan(100)
  })

  it('goes at most the window beyond the oldest unanswered request', () => {
    const { world, brokers, requests } = setUp()
    for (let n = 0; n < CLIENT_WINDOW + 10; n++) outcomeOf(requests.call('publish', { message: 'x' }))
    world.run(1)
    const before = brokers.requests.length
    brokers.answer(brokers.requests.slice(1, 100))
    world.run(1)
    const held = brokers.requests.length
    brokers.answer(brokers.requests.slice(0, 1))
    world.run(1)

    expect(before).toBe(CLIENT_WINDOW + 1)
    expect(held).toBe(CLIENT_WINDOW + 1)
    expect(brokers.requests).toHaveLength(CLIENT_WINDOW + 10)
  })

  it('sends a login though the window is full, for what fills it may wait for the token', () => {
    const { world, brokers, requests } = setUp()
    for (let n = 0; n < CLIENT_WINDOW + 10; n++) outcomeOf(requests.call('publish', { message: 'x' }))
    world.run(1)
    outcomeOf(requests.call('login', { user: 'ada' }))
    world.run(1)

    expect(brokers.requests.at(-1)?.service).toBe('login')
  })

  it('refuses as overloaded what waits beyond its bound', async () => {
    const { requests } = setUp()
    const outcomes = Array.from({ length: CLIENT_WINDOW + 16_385 }, () =>
      outcomeOf(requests.call('users', {})),
    )
    await settled()

    expect(outcomes.at(-2)?.error).toBeUndefined()
    expect(outcomes.at(-1)?.error).toMatchObject({ code: 'overloaded' })
  })

  it('tries again with the same id and a growing back-off when a server is unavailable', async () => {
    const { world, brokers, requests } = setUp()
    const outcome = outcomeOf(requests.call('publish', { message: 'a' }))
    world.run(1)
    brokers.answer(brokers.requests, UNAVAILABLE)
    world.run(200)
    const [first, second] = brokers.requests
    brokers.answer([second as Request])
    await settled()

    expect(second?.id).toBe(first?.id)
    expect(second?.clock).toBeGreaterThan(first?.clock as number)
    expect(outcome.value).toEqual({ status: 'ok' })
  })

  it('fails with the last error at the deadline', async () => {
    const { world, brokers, requests } = setUp()
    const outcome = outcomeOf(requests.call('publish', { message: 'a' }))
    for (let step = 0; step < 200; step++) {
      world.run(50)
      brokers.answer(brokers.requests.slice(-1), UNAVAILABLE)
    }
    world.run(100)
    await settled()

    expect(outcome.error).toMatchObject({ code: 'unavailable', message: 'Not now' })
    expect(requests.size).toBe(0)
  })

  it('fails as unavailable at the deadline when no broker is there', async () => {
    const { world, requests } = setUp([])
    const outcome = outcomeOf(requests.call('users', {}, { timeoutMs: 500 }))
    world.run(600)
    await settled()

    expect(outcome.error).toMatchObject({ code: 'unavailable', retryable: true })
  })

  it('rejects with the code of an error that cannot be tried again', async () => {
    const { world, brokers, requests } = setUp()
    const outcome = outcomeOf(requests.call('publish', { message: 'a' }))
    world.run(1)
    const data = { status: 'error', code: 'unknown_channel', message: 'There is none', retryable: false }
    brokers.answer(brokers.requests, data)
    await settled()

    expect(outcome.error).toMatchObject({ name: 'RecadoError', code: 'unknown_channel' })
  })

  it('leaves a silent broker for the next one, and sends what is unanswered again in order', () => {
    const { world, brokers, requests } = setUp(['tcp://a:1', 'tcp://b:1'])
    for (const message of ['a', 'b']) outcomeOf(requests.call('publish', { message }))
    world.run(3500)
    const [first, second] = brokers.bodies

    expect(brokers.bodies).toHaveLength(2)
    expect(brokers.closed).toEqual([first?.address])
    expect(second?.address).not.toBe(first?.address)
    expect(second?.requests.map(({ id }) => id)).toEqual(first?.requests.map(({ id }) => id))
  })

  it('leaves a broker that is gone from the list', () => {
    const { world, brokers, requests } = setUp(['tcp://a:1'])
    outcomeOf(requests.call('publish', { message: 'a' }))
    world.run(1)
    requests.setBrokers(['tcp://b:1'])
    world.run(1)

    expect(brokers.bodies.map((body) => body.address)).toEqual(['tcp://a:1', 'tcp://b:1'])
  })

  it('rejects with the reason of an aborted signal, and lets the window go on', async () => {
    const { world, brokers, requests } = setUp()
    const abort = new AbortController()
    const outcome = outcomeOf(requests.call('publish', { message: 'a' }, { signal: abort.signal }))
    for (let n = 0; n < CLIENT_WINDOW + 1; n++) outcomeOf(requests.call('publish', { message: 'x' }))
    world.run(1)
    abort.abort(new Error('enough'))
    world.run(1)
    await settled()

    expect(outcome.error).toEqual(new Error('enough'))
    expect(brokers.requests).toHaveLength(CLIENT_WINDOW + 2)
  })

  it('refuses a message that no frame can hold', async () => {
    const { requests } = setUp()
    const outcome = outcomeOf(requests.call('publish', { message: 'x'.repeat(CLIENT_LIMITS.frameBytes + 1) }))
    await settled()

    expect(outcome.error).toMatchObject({ code: 'too_large' })
  })

  it('fails what is under way when it is closed, and takes nothing more', async () => {
    const { world, brokers, requests } = setUp()
    const before = outcomeOf(requests.call('users', {}))
    world.run(1)
    await requests.close()
    const after = outcomeOf(requests.call('users', {}))
    await settled()

    expect(before.error).toMatchObject({ code: 'unavailable' })
    expect(after.error).toMatchObject({ code: 'unavailable' })
    expect(brokers.closed).toHaveLength(1)
  })

  it('ignores what is no answer, and answers to others', async () => {
    const { world, brokers, requests } = setUp()
    const outcome = outcomeOf(requests.call('users', {}))
    world.run(1)
    brokers.answer([{ ...(brokers.requests[0] as Request), id: 'other-1' }])
    brokers.answer(brokers.requests)
    await settled()

    expect(outcome.value).toEqual({ status: 'ok' })
  })
})
