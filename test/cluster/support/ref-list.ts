import { openDealer } from '../../../src/adapters/zeromq/index.ts'
import { decode, encode, PEER_LIMITS, type ServerEntry } from '../../../src/wire/index.ts'

const ANSWER_MS = 1000

/** Asks a ref for its `list`. @throws Error when it does not answer within a second */
export async function listOf(address: string, cluster: string): Promise<readonly ServerEntry[]> {
  const dealer = openDealer(address)
  try {
    const answer = new Promise<readonly ServerEntry[]>((resolve, reject) => {
      setTimeout(() => reject(new Error(`No ref answers at ${address}`)), ANSWER_MS).unref()
      dealer.receive((frames) => {
        const { data } = decode(frames.at(-1) ?? new Uint8Array(), PEER_LIMITS) as {
          data: { status: string; message?: string; servers?: readonly ServerEntry[] }
        }
        if (data.servers === undefined) reject(new Error(`Ref answered ${data.message}`))
        else resolve(data.servers)
      })
    })
    const request = { service: 'list', id: 'e2e', clock: 1, timestamp: Date.now(), data: { cluster } }
    dealer.send([new Uint8Array(), encode(request)])
    return await answer
  } finally {
    await dealer.close()
  }
}
