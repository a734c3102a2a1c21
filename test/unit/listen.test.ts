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
  expect(atRest).toBeGreaterThan(0)
  expect(taken).toBe(atRest)
})
