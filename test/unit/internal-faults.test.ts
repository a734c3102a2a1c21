import { expect, it } from 'vitest'
import { run } from '../../src/cli/program.ts'
import { Ref } from '../../src/ref/index.ts'
import { decode, encode, PEER_LIMITS } from '../../src/wire/index.ts'
import { quietLog, quietMetrics } from '../support/quiet.ts'
import { VirtualTime } from '../support/virtual-time.ts'

it('Ref answers internal when a part of it fails in a way that nobody foresaw', () => {
  const time = new VirtualTime().process()
  const metrics = {
    ...quietMetrics,
    add: (name: string) => {
      if (name === 'recado_ref_heartbeats_total') throw new TypeError('a fault')
    },
  }
  const file = { read: () => undefined, write: () => {} }
  const cluster = 'default/recado'
  const ref = new Ref({
    cluster,
    name: 'ref',
    servers: ['a'],
    file,
    time,
    timers: time,
    log: quietLog,
    metrics,
  })
  const data = { cluster, name: 'a', role: 'server', address: 'tcp://a:1', incarnation: 1 }
  const body = encode({ service: 'heartbeat', id: '1', clock: 1, timestamp: 1, data })

  expect(decode(ref.answer(body), PEER_LIMITS)).toMatchObject({
    data: { status: 'error', code: 'internal', retryable: false },
  })
})

it('run says internal and ends with 1 when it fails in a way that nobody foresaw', async () => {
  let errors = ''
  const status = await run(['--help'], {
    environment: {},
    write: () => {
      throw new TypeError('a fault')
    },
    writeError: (text) => {
      errors += text
    },
    readInput: async () => new Uint8Array(),
    signal: new AbortController().signal,
  })

  expect(status).toBe(1)
  expect(errors).toMatch(/^recado: internal: .*a fault\n$/)
})
