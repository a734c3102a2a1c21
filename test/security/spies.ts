import * as zmq from 'zeromq'
import type { Client } from '../../src/client/index.ts'
import { decode, encode, PEER_LIMITS, parsePublications } from '../../src/wire/index.ts'
import type { TestSystem } from '../support/system.ts'
import { type Loot, passOf } from './strangers.ts'

export interface Spy {
  /** The topics of what came, in order. */
  readonly topics: string[]
  /** What was said in them, where they are publications to subscribers. */
  readonly messages: unknown[]
  close(): void
}

/** The options of a plain socket that shows a holder's keys to one side of the system; a client's to the clients' ports. */
export function curveOf(
  system: Loot,
  holder = 'clients/local',
  side: 'front' | 'back' = 'front',
): { curvePublicKey: string; curveSecretKey: string; curveServerKey: string } {
  const { pair, trusted } = passOf(system, holder, side)
  return {
    curvePublicKey: pair.publicKey,
    curveSecretKey: pair.secretKey,
    curveServerKey: trusted[0] as string,
  }
}

/** Hears, as a plain SUB socket, all that comes at an address to who subscribes to these. */
export function hear(
  address: string,
  keys: ReturnType<typeof curveOf>,
  subscriptions: readonly string[],
): Spy {
  const socket = new zmq.Subscriber({ linger: 0, ...keys })
  const topics: string[] = []
  const messages: unknown[] = []
  socket.connect(address)
  for (const each of subscriptions) socket.subscribe(each)
  void (async () => {
    for await (const [topic, body] of socket) {
      topics.push(String(topic))
      if (!/^(?:channel|user)\//.test(String(topic))) continue
      messages.push(...parsePublications(body as Buffer).map(({ message }) => message))
    }
  })().catch((error: unknown) => messages.push(error))
  return { topics, messages, close: () => socket.close() }
}

/** All that was said in a channel, page by page, in its order. */
export async function historyOf(client: Client, channel: string): Promise<unknown[]> {
  const texts: unknown[] = []
  let after: string | undefined
  for (;;) {
    const { messages, next, more } = await client.history(channel, { after, limit: 1000 })
    texts.push(...messages.map(({ message }) => message))
    if (!more) return texts
    after = next
  }
}

/** A token of a user, by a login without the library. */
export async function tokenOf(
  system: Pick<TestSystem, 'folder' | 'brokerAddress'>,
  user: string,
  secret: string,
): Promise<string> {
  const socket = new zmq.Request({ linger: 0, ...curveOf(system) })
  try {
    socket.connect(system.brokerAddress)
    const request = {
      service: 'login',
      id: crypto.randomUUID(),
      clock: 1,
      timestamp: 1,
      data: { user, secret },
    }
    await socket.send(Buffer.from(encode(request)))
    const [body] = await socket.receive()
    return (decode(body as Buffer, PEER_LIMITS) as { data: { token: string } }).data.token
  } finally {
    socket.close()
  }
}
