import { once } from 'node:events'
import * as net from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import * as zmq from 'zeromq'
import { openDealer, openPublisher, openRouter } from '../../src/adapters/zeromq/index.ts'
import type { Dealer, Router } from '../../src/ports/index.ts'
import { kept } from '../support/kept.ts'

const HOST = '127.0.0.1'
const WAIT = { timeout: 10_000, interval: 10 }
const text = (frame: Uint8Array | undefined) => Buffer.from(frame ?? []).toString()
const at = (port: number) => `tcp://${HOST}:${port}`

/** A router at a port that another one is just letting go. */
async function reopened(port: number): Promise<Router> {
  let router: Router | undefined
  await expect
    .poll(async () => {
      router = await openRouter({ host: HOST, port }).catch(() => undefined)
      return router
    }, WAIT)
    .toBeDefined()
  return router as Router
}

/** Sends by a dealer until it arrives, and returns all that has arrived by then. */
async function pass(router: Router, dealer: Dealer): Promise<string[]> {
  const heard: string[] = []
  router.receive((_from, [frame]) => void heard.push(text(frame)))
  dealer.send([Buffer.from('passed')])
  await expect.poll(() => heard, WAIT).toContain('passed')
  return heard
}

describe('openRouter and openDealer', () => {
  it('bring every message of several dealers there and back in order', async () => {
    const router = kept(await openRouter({ host: HOST, port: 0 }))
    router.receive((from, frames) => void router.send(from, frames))
    const sent = Array.from({ length: 1000 }, (_, index) => String(index))
    const received = await Promise.all(
      [1, 2, 3].map(async () => {
        const dealer = kept(openDealer(at(router.port)))
        const texts: string[] = []
        dealer.receive((frames) => void texts.push(frames.map(text).join('|')))
        for (const each of sent) expect(dealer.send([Buffer.from(each), Buffer.from('b')])).toBe(true)
        await expect.poll(() => texts.length, WAIT).toBe(sent.length)
        return texts
      }),
    )

    for (const texts of received) expect(texts).toEqual(sent.map((each) => `${each}|b`))
  })

  it('tells that a peer has gone, before another comes that calls itself by its name', async () => {
    const router = kept(await openRouter({ host: HOST, port: 0 }))
    const heard: string[] = []
    const note = (from: string, what: string) =>
      void heard.push(`${Buffer.from(from, 'latin1').toString()} ${what}`)
    router.receive(
      (from, frames) => note(from, frames.map(text).join('|')),
      undefined,
      (from) => note(from, 'has gone'),
    )
    const dial = (): zmq.Dealer => {
      const dealer = kept(new zmq.Dealer({ routingId: 'ana', linger: 0 }))
      dealer.connect(at(router.port))
      return dealer
    }
    const first = dial()
    await first.send(['', 'one'])
    await expect.poll(() => heard, WAIT).toEqual(['ana |one'])
    first.close()
    await expect.poll(() => heard, WAIT).toHaveLength(2)
    await dial().send(['', 'two'])
    await expect.poll(() => heard, WAIT).toEqual(['ana |one', 'ana has gone', 'ana |two'])
  })

  it('reaches a router that is opened later, and one that comes back at the same port', async () => {
    const first = await openRouter({ host: HOST, port: 0 })
    const { port } = first
    const dealer = kept(openDealer(at(port)))
    const heard: string[] = []
    first.receive((_from, [frame]) => void heard.push(text(frame)))
    dealer.send([Buffer.from('one')])
    await expect.poll(() => heard, WAIT).toEqual(['one'])
    await first.close()

    // The port is free once the socket's thread has let it go.
    const second = kept(await reopened(port))
    second.receive((_from, [frame]) => void heard.push(text(frame)))
    await expect
      .poll(() => {
        dealer.send([Buffer.from('two')])
        return heard.includes('two')
      }, WAIT)
      .toBe(true)
  })

  it('tells when it is connected again, or for the first time too late for what was sent', async () => {
    const router = await openRouter({ host: HOST, port: 0 })
    const { port } = router
    const told = { again: 0, late: 0, soon: 0 }
    const again = kept(openDealer(at(port)))
    again.onReconnect?.(() => void told.again++)
    await pass(router, again)
    await router.close()
    const late = kept(openDealer(at(port)))
    late.onReconnect?.(() => void told.late++)
    // What it sent is dropped after a second.
    late.send([Buffer.from('dropped')])
    await setTimeout(1100)
    const second = kept(await reopened(port))
    await expect.poll(() => told, WAIT).toEqual({ again: 1, late: 1, soon: 0 })
    const soon = kept(openDealer(at(port)))
    soon.onReconnect?.(() => void told.soon++)
    expect(await pass(second, soon)).not.toContain('dropped')
    expect(told).toEqual({ again: 1, late: 1, soon: 0 })
  })

  it('keep a bounded number of bytes for a peer that does not read, and every message for one that does', async () => {
    let dropped = 0
    const router = kept(
      await openRouter({ host: HOST, port: 0, peerQueue: 4096, dropped: () => void dropped++ }),
    )
    const large = Buffer.alloc(1024 * 1024)
    const [slowBodies, fastBodies] = [200, 4000]
    router.receive((from, [frame]) => {
      const slow = text(frame) === 'slow'
      for (let count = 0; count < (slow ? slowBodies : fastBodies); count++)
        router.send(from, [slow ? large : Buffer.from(String(count))])
    })
    const slow = kept(new zmq.Dealer({ linger: 0, receiveHighWaterMark: 1 }))
    slow.connect(at(router.port))
    await slow.send('slow')
    await expect.poll(() => dropped, WAIT).toBeGreaterThan(slowBodies / 2)
    const fast = kept(openDealer(at(router.port)))
    const heard: string[] = []
    fast.receive(([frame]) => void heard.push(text(frame)))
    fast.send([Buffer.from('fast')])
    await expect.poll(() => heard.length, WAIT).toBe(fastBodies)
    slow.receiveTimeout = 2000
    let late = 0
    while (await slow.receive().catch(() => undefined)) late++

    expect(late).toBe(slowBodies - dropped)
    expect(heard).toEqual(Array.from({ length: fastBodies }, (_, index) => String(index)))
  })

  it('refuses with port_in_use, or bad_option for an address of another machine', async () => {
    const router = kept(await openRouter({ host: HOST, port: 0 }))

    await expect(openRouter({ host: HOST, port: router.port })).rejects.toMatchObject({ code: 'port_in_use' })
    await expect(openRouter({ host: '192.0.2.1', port: 0 })).rejects.toMatchObject({ code: 'bad_option' })
  })

  it('takes a bounded number of messages for a router that is away', async () => {
    const reserved = await openRouter({ host: HOST, port: 0 })
    await reserved.close()
    const dealer = kept(openDealer(at(reserved.port)))
    let taken = 0
    while (dealer.send([Buffer.from('x')])) taken++
    const large = kept(openDealer(at(reserved.port)))
    let bytes = 0
    const megabyte = Buffer.alloc(1024 * 1024)
    while (large.send([megabyte])) bytes += megabyte.byteLength

    expect(taken).toBeLessThanOrEqual(10_001)
    expect(bytes).toBeLessThanOrEqual(66 * 1024 * 1024)
  })

  it('goes on when one peer says nonsense, sends to nobody, or sends a frame that is too large', async () => {
    const router = kept(await openRouter({ host: HOST, port: 0, maxFrameBytes: 1000 }))
    router.receive((from, frames) => void router.send(from, frames))
    router.send('nobody', [Buffer.from('x')])
    const hostile = kept(new zmq.Dealer({ linger: 0 }))
    hostile.connect(at(router.port))
    await hostile.send(Buffer.alloc(2000))
    await hostile.send(Array.from({ length: 100 }, () => Buffer.from('x')))
    const dealer = kept(openDealer(at(router.port)))
    const heard: string[] = []
    dealer.receive(([frame]) => void heard.push(text(frame)))
    dealer.send([Buffer.from('still here')])

    await expect.poll(() => heard, WAIT).toEqual(['still here'])
  })
})

describe('openPublisher', () => {
  /** What a socket in a proxy's place hears of all topics, at a port that another is just letting go. */
  async function hearAll(port: number): Promise<{ socket: zmq.XSubscriber; heard: string[] }> {
    const socket = kept(new zmq.XSubscriber({ linger: 0 }))
    const bind = (): Promise<boolean> => {
      return socket.bind(`tcp://${HOST}:${port}`).then(
        () => true,
        () => false,
      )
    }
    await expect.poll(bind, WAIT).toBe(true)
    await socket.send(Uint8Array.of(1))
    const heard: string[] = []
    const take = async (): Promise<void> => {
      for await (const [, body] of socket) heard.push(text(body))
    }
    void take()
    return { socket, heard }
  }

  /** A server at such a port. */
  async function listening(port: number): Promise<net.Server> {
    let server: net.Server | undefined
    const tryAgain = async (): Promise<net.Server | undefined> => {
      const tried = net.createServer()
      tried.listen(port, HOST)
      server = await once(tried, 'listening').then(
        () => tried,
        () => undefined,
      )
      return server
    }
    await expect.poll(tryAgain, WAIT).toBeDefined()
    return server as net.Server
  }

  it('keeps nothing of what it publishes while the proxy is away', async () => {
    // Bound before anybody connects: a port that is only reserved may be another process's meanwhile.
    const first = await hearAll(0)
    const port = Number(first.socket.lastEndpoint?.split(':').at(-1))
    const publisher = kept(openPublisher(at(port)))
    const arrives = async (heard: string[], body: string): Promise<void> => {
      const publish = (): string[] => {
        publisher.send('channel/a/', Buffer.from(body))
        return heard
      }
      await expect.poll(publish, WAIT).toContain(body)
    }
    await arrives(first.heard, 'before')
    first.socket.close()
    // It has seen that the proxy is gone once it connects anew, to somebody who says nothing.
    const mute = await listening(port)
    const [connection] = (await once(mute, 'connection')) as [net.Socket]
    for (let count = 0; count < 100; count++) publisher.send('channel/a/', Buffer.from('meanwhile'))
    connection.destroy()
    mute.close()
    await once(mute, 'close')
    const { heard } = await hearAll(port)
    await arrives(heard, 'after')

    expect(heard).not.toContain('meanwhile')
  })
})
