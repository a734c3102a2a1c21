import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Dealer, Publisher, Request, Subscriber } from 'zeromq'
import { type Row, rowOf } from './table.ts'

const SUBSCRIBERS = 4
const TOPIC = 'channel/bench/'
/** Publications on their way at once, so that nobody's queue overflows. */
const AHEAD = 20_000

export interface RawLoad {
  readonly ms: number
  readonly window: number
  readonly message: string
}

/** What bare sockets do between two processes, without any of recado: nothing built on them can be faster. */
export async function benchRaw(load: RawLoad): Promise<Row[]> {
  const peer = fork(fileURLToPath(new URL('raw-peer.ts', import.meta.url)))
  try {
    const [[echo, publishers, subscribers]] = (await once(peer, 'message')) as [[string, string, string]]
    return [
      await benchRequests(echo, load),
      await benchDealer(echo, load),
      await benchForwarding(publishers, subscribers, load),
    ]
  } finally {
    peer.kill()
  }
}

async function benchRequests(address: string, { ms, message }: RawLoad): Promise<Row> {
  const socket = new Request({ linger: 0 })
  socket.connect(address)
  const latencies: number[] = []
  const began = performance.now()
  for (let sent = began; sent < began + ms; sent = performance.now()) {
    await socket.send(message)
    await socket.receive()
    latencies.push(performance.now() - sent)
  }
  const row = rowOf(
    'bare REQ to ROUTER echo, 1 under way',
    latencies.length,
    performance.now() - began,
    latencies,
  )
  socket.close()
  return row
}

async function benchDealer(address: string, { ms, window, message }: RawLoad): Promise<Row> {
  const socket = new Dealer({ linger: 0 })
  socket.connect(address)
  const sentAt: number[] = []
  const send = async (): Promise<void> => {
    sentAt.push(performance.now())
    await socket.send(message)
  }
  const latencies: number[] = []
  const began = performance.now()
  for (let index = 0; index < window; index++) await send()
  while (performance.now() < began + ms) {
    await socket.receive()
    latencies.push(performance.now() - (sentAt[latencies.length] as number))
    await send()
  }
  const what = `bare DEALER to ROUTER echo, ${window} under way`
  const row = rowOf(what, latencies.length, performance.now() - began, latencies)
  socket.close()
  return row
}

async function benchForwarding(publishers: string, subscribers: string, load: RawLoad): Promise<Row> {
  const publisher = new Publisher({ linger: 0, sendHighWaterMark: 100_000 })
  publisher.connect(publishers)
  const counts = Array.from({ length: SUBSCRIBERS }, () => 0)
  const sockets = counts.map((_count, index) => {
    const socket = new Subscriber({ linger: 0, receiveHighWaterMark: 100_000 })
    socket.connect(subscribers)
    socket.subscribe(TOPIC)
    void each(socket, () => {
      counts[index] = (counts[index] as number) + 1
    })
    return socket
  })
  const turn = () => new Promise((resolve) => setImmediate(resolve))
  while (counts.includes(0)) {
    await publisher.send([TOPIC, load.message])
    await turn()
  }
  const total = () => counts.reduce((sum, count) => sum + count, 0)
  const [before, began] = [total(), performance.now()]
  for (let sent = 0; performance.now() < began + load.ms; sent++) {
    await publisher.send([TOPIC, load.message])
    if (sent % 64 === 0) await turn()
    while (sent * SUBSCRIBERS - (total() - before) > AHEAD && performance.now() < began + load.ms)
      await turn()
  }
  const what = `bare XSUB to XPUB, deliveries to ${SUBSCRIBERS} subscribers one by one`
  const row = rowOf(what, total() - before, performance.now() - began)
  publisher.close()
  for (const socket of sockets) socket.close()
  return row
}

async function each(socket: Subscriber, received: () => void): Promise<void> {
  try {
    for await (const _ of socket) received()
  } catch (error) {
    // A receive that is under way when its socket is closed ends with an error.
    if (!socket.closed) throw error
  }
}
