import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it } from 'vitest'
import { Output } from '../../src/cli/launcher/output.ts'
import { planSystem, portsFrom } from '../../src/cli/launcher/plan.ts'
import { readConfig } from '../../src/config/index.ts'

const plan = planSystem({ servers: 3, clients: 2, folder: '/d', ports: portsFrom(5555, 3, 2) })

describe('planSystem', () => {
  it('lists ref, broker, proxy, servers and clients', () => {
    expect(plan.processes.map(({ name }) => name)).toEqual([
      'ref',
      'broker',
      'proxy',
      'server-1',
      'server-2',
      'server-3',
      'client-1',
      'client-2',
    ])
  })

  it('gives no port twice, and the usual ones when the base is the usual one', () => {
    const ports = plan.processes.flatMap((process) => process.ports)

    expect(new Set(ports).size).toBe(ports.length)
    expect(ports).toEqual(expect.arrayContaining([5555, 5556, 5557, 5558, 5559, 5560, 9464]))
  })

  it('gives every process settings that its role takes', () => {
    const machine = { hostName: 'box', terminal: false }
    const configs = plan.processes.map(({ role, environment }) => readConfig(role, environment, machine))

    expect(configs[3]).toMatchObject({
      dataDir: '/d/server-1',
      peers: { 'server-2': 'tcp://127.0.0.1:5561', 'server-3': 'tcp://127.0.0.1:5562' },
    })
  })
})

describe('Output', () => {
  const line = JSON.stringify({
    level: 'warn',
    time: '2026-01-02T03:04:05Z',
    role: 'ref',
    name: 'ref',
    n: 1,
    message: 'Hm',
  })

  function write(format: 'json' | 'pretty', text: string): string {
    let written = ''
    new Output(format, ['ref'], (each) => {
      written += each
    }).line('ref', text)
    return written
  }

  it('passes lines on as they are when the format is json', () => {
    expect(write('json', line)).toBe(`${line}\n`)
  })

  it('shows name, level, message and fields when the format is pretty', () => {
    // The colours depend on the terminal.
    expect(stripVTControlCharacters(write('pretty', line))).toMatch(/^\d\d:\d\d:05 ref warning Hm n=1\n$/)
  })

  it('makes an object of what is not one when the format is json', () => {
    expect(JSON.parse(write('json', 'Segmentation fault'))).toMatchObject({
      name: 'ref',
      message: 'Segmentation fault',
    })
  })
})
