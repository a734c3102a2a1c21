import { openDealer } from '../../src/adapters/zeromq/index.ts'
import { decode, encode, PEER_LIMITS } from '../../src/wire/index.ts'
import { until } from './load.ts'

export interface Answer {
  readonly id: string
  readonly data: { readonly status: string; readonly code?: string; readonly retryable?: boolean }
}

/** Sends bodies over one socket, as a client in any language does, and waits for so many answers. */
export async function send(
  address: string,
  bodies: readonly object[],
  answers = bodies.length,
): Promise<Answer[]> {
  const dealer = openDealer(address)
  const got: Answer[] = []
  try {
    dealer.receive((frames) => {
      got.push(decode(frames.at(-1) ?? new Uint8Array(), PEER_LIMITS) as Answer)
    })
    for (const body of bodies) dealer.send([new Uint8Array(), encode(body)])
    await until(15_000, () => got.length >= answers || `${got.length} answers of ${answers}`)
    return got
  } finally {
    await dealer.close()
  }
}
