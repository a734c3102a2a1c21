import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Dealer, Publisher, Request, Subscriber } from 'zeromq'
import type { Measured, RowResult } from '../measured.ts'
import { latencyOf } from '../statistics.ts'

const MESSAGE_BYTES = 128
const SUBSCRIBERS = 4
const TOPIC = 'channel/bench/'
/** Publications on their way at once, so that nobody's queue overflows. */
const AHEAD = 20_000

/** What two processes exchange, without any of recado. */
interface RawLoad {
  readonly ms: number
  readonly message: string
  readonly echo: string
  readonly publishers: string
  readonly subscribers: string
}

const WINDOW = 256
const ROWS: readonly { name: string; what: string; measure: (load: RawLoad) => Promise<Measured> }[] = [
  { name: 'raw-request', what: 'bare REQ to ROUTER echo, 1 in flight', measure: benchRequests },
  { name: 'raw-dealer', what: `bare DEALER to ROUTER echo, ${WINDOW} in flight`, measure: benchDealer },
  {
    name: 'raw-forwarding',
    what: `bare XSUB to XPUB, deliveries to ${SUBSCRIBERS} subscribers one by one`,
    measure: benchForwarding,
  },
]

/** What bare sockets do between two processes: nothing built on them can be faster. */
export async function benchRaw(options: {
  ms: number
  runs: number
  tell: (progress: string) => void
}): Promise<RowResult[]> {
  const results = ROWS.map(({ name, what }) => ({ name, what, runs: [] as Measured[] }))
  for (let run = 1; run <= options.runs; run++) {
    options.tell(`run ${run} of ${options.runs}: bare sockets`)
    const peer = fork(fileURLToPath(new URL('peer.ts', import.meta.url)))
    try {
      const [[echo, publishers, subscribers]] = (await once(peer, 'message')) as [[string, string, string]]
      const load = { ms: options.ms, message: 'x'.repeat(MESSAGE_BYTES), echo, publishers, subscribers }
      for (const [index, { measure }] of ROWS.entries()) results[index]?.runs.push(await measure(load))
    } finally {
      peer.kill()
    }
  }
  return results
}

async function benchRequests({ echo, ms, message }: RawLoad): Promise<Measured> {
  const socket = new Request({ linger: 0 })
  socket.connect(echo)
  const latencies: number[] = []
  const began = performance.now()
  for (let sent = began; sent < began + ms; sent = performance.now()) {
    await socket.send(message)
    await socket.receive()
    latencies.push(performance.now() - sent)
  }
  const perSecond = (latencies.length / (performance.now() - began)) * 1000
  socket.close()
  return { perSecond, latency: latencyOf(latencies) }
}

async function benchDealer({ echo, ms, message }: RawLoad): Promise<Measured> {
  const socket = new Dealer({ linger: 0 })
  socket.connect(echo)
  const sentAt: number[] = []
  const send = async (): Promise<void> => {
    sentAt.push(performance.now())
    await socket.send(message)
  }
  const latencies: number[] = []
  const began = performance.now()
  for (let index = 0; index < WINDOW; index++) await send()
  while (performance.now() < began + ms) {
    await socket.receive()
    latencies.push(performance.now() - (sentAt[latencies.length] as number))
    await send()
  }
  const perSecond = (latencies.length / (performance.now() - began)) * 1000
  socket.close()
  return { perSecond, latency: latencyOf(latencies) }
}

async function benchForwarding(load: RawLoad): Promise<Measured> {
  const { publishers, subscribers } = load
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
  const perSecond = ((total() - before) / (performance.now() - began)) * 1000
  await settled(total)
  publisher.close()
  for (const socket of sockets) socket.close()
  return { perSecond }
}

/**
 * Waits until nothing arrives any more: where a socket without linger is closed while half of a message is on its way, and its peer
 * ends just then, libzmq 4.3.5 ends this process.
 */
async function settled(total: () => number): Promise<void> {
  let before = -1
  for (let round = 0; round < 50 && before !== total(); round++) {
    before = total()
    await delay(100)
  }
}

async function each(socket: Subscriber, received: () => void): Promise<void> {
  try {
    for await (const _ of socket) received()
  } catch (error) {
    // A receive that is under way when its socket is closed ends with an error.
    if (!socket.closed) throw error
  }
}
