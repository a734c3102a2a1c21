import { expect, it } from 'vitest'
import { listen } from '../../src/adapters/zeromq/listen.ts'

/** A socket that always has one more message. */
function endless() {
  return { closed: false, receive: () => Promise.resolve([Buffer.from('x')]) }
}

function others(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

it('listen lets others have their turn while a peer sends without end', async () => {
  const socket = endless()
  let taken = 0
  listen(socket, () => taken++)

  await others()
  await others()

  socket.closed = true
  expect(taken).toBeGreaterThan(0)
  expect(taken).toBeLessThan(500)
})

it('listen takes nothing while it rests', async () => {
  const socket = endless()
  let taken = 0
  listen(
    socket,
    () => taken++,
    () => 60_000,
  )

  await others()
  const atRest = taken
  for (let turn = 0; turn < 20; turn++) await others()

  socket.closed = true
  expect(atRest).toBe(1)
  expect(taken).toBe(1)
})

it('listen hands on a message of however many frames, and rests after it', async () => {
  const frames = Array.from({ length: 100 }, () => Buffer.from('x'))
  const handled: number[] = []
  const socket = { closed: false, receive: () => Promise.resolve(frames) }
  listen(
    socket,
    ({ length }) => handled.push(length),
    () => (handled.length > 0 ? 60_000 : 0),
  )
  for (let turn = 0; turn < 20; turn++) await others()

  socket.closed = true
  expect(handled).toEqual([100])
})

it('listen knows whether everything in the socket has been handed on', async () => {
  const waiting = ['1', '2'].map((text) => [Buffer.from(text)])
  let arrives: ((frames: Buffer[]) => void) | undefined
  const socket = {
    closed: false,
    receive(): Promise<Buffer[]> {
      const next = waiting.shift()
      if (next !== undefined) return Promise.resolve(next)
      return new Promise((resolve) => {
        arrives = resolve
      })
    },
  }
  const unread = { any: false }
  const handled: boolean[] = []
  listen(socket, () => handled.push(unread.any), undefined, unread)
  const emptied = () => !unread.any && handled.length
  await expect.poll(emptied, { interval: 1 }).toBe(2)
  arrives?.([Buffer.from('3')])
  await expect.poll(emptied, { interval: 1 }).toBe(3)

  expect(handled).toEqual([true, true, true])
})

it('listen knows that something may be left while it rests', async () => {
  const unread = { any: false }
  let taken = 0
  const socket = endless()
  listen(
    socket,
    () => taken++,
    () => 60_000,
    unread,
  )
  for (let turn = 0; turn < 20; turn++) await others()
  socket.closed = true

  expect(taken).toBeGreaterThan(0)
  expect(unread.any).toBe(true)
})
