import { afterEach, describe, expect, it } from 'vitest'
import * as zmq from 'zeromq'
import { letGo } from '../../src/adapters/zeromq/index.ts'

const sockets: zmq.Pair[] = []

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.close()
})

/** Frames as ZeroMQ hands them on. */
async function received(...frames: Buffer[]): Promise<Buffer[]> {
  const [from, to] = [new zmq.Pair(), new zmq.Pair()]
  sockets.push(from, to)
  await to.bind('tcp://127.0.0.1:*')
  from.connect(to.lastEndpoint as string)
  await from.send(frames)
  return await to.receive()
}

describe('letGo', () => {
  it('gives the memory of a large frame back, and of no other', async () => {
    const [large, other, small] = await received(
      Buffer.alloc(1_000_000, 1),
      Buffer.alloc(1_000_000, 2),
      Buffer.alloc(1000, 3),
    )
    letGo(large as Buffer)
    letGo(small as Buffer)

    expect(large?.byteLength).toBe(0)
    expect(other?.equals(Buffer.alloc(1_000_000, 2))).toBe(true)
    expect(small?.equals(Buffer.alloc(1000, 3))).toBe(true)
  })

  it('leaves what is a part of something else', async () => {
    const [frame] = await received(Buffer.alloc(100_000, 1))
    letGo((frame as Buffer).subarray(1))
    expect(frame?.byteLength).toBe(100_000)
  })
})
