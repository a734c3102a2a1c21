import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { encode } from '../../src/wire/index.ts'
import { framed, RawConnection } from './zmtp.ts'

/** Where the number of the request stands in it, so that each one is new. */
const NUMBER = '0000000000'

/** What one client sends, over and over, as fast as it is taken from it. */
export const FLOODS = {
  reads: request('users', {}),
  'publications, one by one': request('publish', {
    user: 'mallory',
    channel: 'den',
    message: 'x'.repeat(100),
    acks: 'quorum',
  }),
  'publications, 1,024 in a body': batch(1024, 'publish', {
    user: 'mallory',
    channel: 'den',
    message: 'x',
    acks: 'quorum',
  }),
  'pages of history': request('history', { user: 'mallory', limit: 1000 }),
  'pages of history, 1,024 in a body': batch(1024, 'history', { user: 'mallory', limit: 1000 }),
  'bodies of 1 MB': request('publish', {
    user: 'mallory',
    channel: 'den',
    message: Buffer.alloc(1_000_000),
    acks: 'quorum',
  }),
  'small malformed bodies': framed([new Uint8Array(), Buffer.alloc(200, 0x91)]),
  'large malformed bodies': framed([new Uint8Array(), encode(Array.from({ length: 65_000 }, () => ({})))]),
  'bodies without the empty frame': framed([Buffer.from('x')]),
  'messages of 32 frames': framed(Array.from({ length: 32 }, () => Buffer.from('x'))),
} satisfies Record<string, Buffer>

export type Flood = keyof typeof FLOODS

const CHUNK_BYTES = 128 * 1024
const WARM_UP_MS = 500

function request(service: string, data: object): Buffer {
  return framed([new Uint8Array(), encode(requestOf(service, data))])
}

function batch(count: number, service: string, data: object): Buffer {
  return framed([new Uint8Array(), encode(Array.from({ length: count }, () => requestOf(service, data)))])
}

function requestOf(service: string, data: object) {
  return { service, id: NUMBER, clock: 1, timestamp: 1, data }
}

interface Order {
  readonly port: number
  readonly flood: Flood
}

/** One client in a process of its own that floods a port from `start` to `stop`. */
export class Flooder {
  readonly #child: ChildProcess

  private constructor(child: ChildProcess) {
    this.#child = child
  }

  static async start(order: Order): Promise<Flooder> {
    const child = fork(fileURLToPath(import.meta.url), { execArgv: [], stdio: 'inherit' })
    child.send(order)
    await once(child, 'message')
    return new Flooder(child)
  }

  /** Ends it; how many messages were taken from it. */
  async stop(): Promise<number> {
    const told = once(this.#child, 'message')
    this.#child.send('stop')
    const [sent] = (await told) as [number]
    this.#child.disconnect()
    await once(this.#child, 'exit')
    return sent
  }
}

/** As many copies of a message as are sent at once, and new numbers for all of them. */
function chunkOf(name: Flood): { chunk: Buffer; copies: number; renew: () => void } {
  const message = FLOODS[name]
  const copies = Math.max(1, Math.floor(CHUNK_BYTES / message.byteLength))
  const chunk = Buffer.concat(Array.from({ length: copies }, () => message))
  const places = placesOf(chunk)
  const run = `${Date.now()}`.slice(-5)
  let number = 0
  const renew = (): void => {
    for (const place of places) {
      number = (number + 1) % 100_000
      chunk.write(run + String(number).padStart(5, '0'), place)
    }
  }
  return { chunk, copies, renew }
}

async function flood({ port, flood: name }: Order, state: { sent: number }): Promise<void> {
  const { chunk, copies, renew } = chunkOf(name)
  for (;;) {
    const raw = await RawConnection.open(port)
    await raw.greet('DEALER')
    while (raw.isOpen) {
      renew()
      // It has been taken when this ends, so that it can be changed then.
      await raw.write(chunk, 60_000)
      state.sent += copies
      // Also when all is taken at once, others have their turn here.
      await new Promise(setImmediate)
    }
  }
}

function placesOf(message: Buffer): number[] {
  const places: number[] = []
  for (let at = message.indexOf(NUMBER); at !== -1; at = message.indexOf(NUMBER, at + 1)) places.push(at)
  return places
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.once('message', (order: Order) => {
    const state = { sent: 0 }
    process.once('message', () => {
      process.send?.(state.sent)
      // What is still to be written is not waited for.
      process.once('disconnect', () => process.exit(0))
    })
    // Else it takes processors from all others at first, to compile what it does.
    const { renew } = chunkOf(order.flood)
    for (const until = performance.now() + WARM_UP_MS; performance.now() < until; ) renew()
    process.send?.('started')
    flood(order, state).catch((error: unknown) => {
      console.error(error)
      process.exit(1)
    })
  })
}
