import type { Dealer } from '../../src/ports/index.ts'
import { decode, encodeReplies, PEER_LIMITS, type Reply, type Request } from '../../src/wire/index.ts'
import type { VirtualTime } from './virtual-time.ts'

/** A broker that answers every request ok after a millisecond, with clock 1 and the data that `answer` tells. */
export function answeringBroker(world: VirtualTime, answer: (request: Request) => object) {
  const sent: Request[] = []
  const openDealer = (): Dealer => {
    let handle: (frames: Uint8Array[]) => void = () => {}
    return {
      send(frames) {
        const value = decode(frames[1] as Uint8Array, PEER_LIMITS)
        const requests = (Array.isArray(value) ? value : [value]) as Request[]
        sent.push(...requests)
        const replies = requests.map((request): Reply => {
          const { service, id } = request
          return { service, id, clock: 1, timestamp: 1, data: { status: 'ok', ...answer(request) } }
        })
        world.schedule(1, () => handle([new Uint8Array(), encodeReplies(replies, true)]))
        return true
      },
      receive(handler) {
        handle = handler
      },
      close: () => Promise.resolve(),
    }
  }
  return { openDealer, sent }
}
