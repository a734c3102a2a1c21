import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import * as zmq from 'zeromq'
import { openCredentials } from '../../src/adapters/credentials.ts'
import { KeyRing, makeKeyPair } from '../../src/adapters/keys/index.ts'
import {
  listKeys,
  makeClient,
  makeKeys,
  makePermit,
  ROTATED,
  revokeKey,
  rotateKeys,
} from '../../src/cli/keys/index.ts'
import {
  decodeZ85,
  encodeZ85,
  parseCertificate,
  parseKeyList,
  renderCertificate,
  renderKeyList,
} from '../../src/keys/index.ts'
import type { Timers } from '../../src/ports/index.ts'
import { parsePermit } from '../../src/wire/index.ts'
import { keptLog } from '../support/kept-log.ts'
import { quietLog, quietMetrics } from '../support/quiet.ts'

const NO_TIMERS: Timers = { soon: () => {}, after: () => () => {}, every: () => () => {} }

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'recado-keys-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const ring = (part: string): KeyRing =>
  new KeyRing({ folder: join(folder, part), timers: NO_TIMERS, log: quietLog, metrics: quietMetrics })

describe('keys as text', () => {
  it('are ZeroMQ’s: Z85 of the specification’s example, and of keys that libzmq made', () => {
    const bytes = Uint8Array.from([0x86, 0x4f, 0xd2, 0x6f, 0xb5, 0x59, 0xf7, 0x5b])
    const { publicKey } = zmq.curveKeyPair()

    expect(encodeZ85(bytes)).toBe('HelloWorld')
    expect(decodeZ85('HelloWorld')).toEqual(bytes)
    expect(encodeZ85(decodeZ85(publicKey) as Uint8Array)).toBe(publicKey)
  })

  it.each(['~ello', '1234', '#####'])('are not "%s"', (text) => expect(decodeZ85(text)).toBeUndefined())

  it('survive a certificate and a list', () => {
    const pair = makeKeyPair()
    const keys = [{ name: 'ana', key: pair.publicKey }]

    expect(parseCertificate(renderCertificate('ana', pair))).toEqual(pair)
    expect(parseKeyList(`# a comment\n\n${renderKeyList(keys)}`)).toEqual(keys)
  })

  it('are refused in a list with the number of the line, and without its text', () => {
    const secret = 'not-a-key'

    expect(() => parseKeyList(`# fine\nana ${secret}\n`)).toThrow(/^Line 2 is not/)
    expect(() => parseKeyList(`# fine\nana ${secret}\n`)).not.toThrow(secret)
  })
})

describe('a folder of keys', () => {
  it('gives each role what it needs and no more', () => {
    makeKeys(folder)
    const files = (part: string): string[] => readdirSync(join(folder, part)).toSorted()

    expect(files('server')).toEqual([
      'back.key_secret',
      'back.keys',
      'cluster.keys',
      'own.key_secret',
      'server.keys',
    ])
    expect(files('broker')).not.toContain('cluster.keys')
    expect(files('ref')).toEqual(['back.key_secret', 'forwarder.keys', 'operator.keys', 'server.keys'])
    expect(files('operator')).toEqual(['back.keys', 'own.key_secret'])
    expect(files('clients/local')).toEqual(['front.keys', 'own.key_secret', 'user.secret'])
  })

  it('is for its owner alone', () => {
    makeKeys(folder)
    const modes = ['front.key_secret', 'server/own.key_secret', 'clients/local/own.key_secret'].map(
      (file) => statSync(join(folder, file)).mode & 0o777,
    )

    expect(modes).toEqual([0o600, 0o600, 0o600])
    expect(statSync(join(folder, 'server')).mode & 0o777).toBe(0o700)
  })

  it('keeps what is there when it is made again', () => {
    makeKeys(folder)
    const before = listKeys(folder)
    makeKeys(folder)

    expect(listKeys(folder)).toEqual(before)
  })

  it('lists a client that is made, and not one that is revoked', () => {
    makeKeys(folder)
    makeClient(folder, 'eve')

    expect(listKeys(folder)).toContainEqual(expect.objectContaining({ role: 'client', name: 'eve' }))
    expect(() => makeClient(folder, 'eve')).toThrow('There is a client')
    revokeKey(folder, 'client', 'eve')
    expect(listKeys(folder).map(({ name }) => name)).not.toContain('eve')
    expect(readFileSync(join(folder, 'broker', 'client.keys'), 'utf8')).not.toContain('eve')
    expect(() => revokeKey(folder, 'client', 'eve')).toThrow('No key of a client')
  })

  it('says so where no keys were made', async () => {
    const none = join(folder, 'none')

    for (const act of [
      () => makeClient(none, 'eve'),
      () => listKeys(none),
      () => revokeKey(none, 'client', 'eve'),
    ])
      expect(act).toThrow('none holds no keys; make them')
    for (const what of ROTATED)
      await expect(rotateKeys(none, what, () => Promise.resolve())).rejects.toThrow(
        'none holds no keys; make them',
      )
  })

  it.each(['', 'server'])('permits a new secret for a while, by the key of its part "%s"', async (part) => {
    makeKeys(folder)
    const keys = ring('server')
    const isSigned = (permit: string): boolean => {
      keys.look()
      const { signed, signature } = parsePermit(permit) ?? { signed: '', signature: '' }
      return openCredentials(() => keys.shared()).isSigned(signed, signature)
    }
    const before = Date.now()
    const { permit, expires } = makePermit(join(folder, part), 'ana', 60_000)
    const { user, issued, expiry } = parsePermit(permit) ?? {}

    expect([user, expiry]).toEqual(['ana', expires])
    expect(expires - (issued ?? 0)).toBe(60_000)
    expect(issued).toBeGreaterThanOrEqual(before)
    expect(isSigned(permit)).toBe(true)
    await rotateKeys(folder, 'cluster', () => Promise.resolve())
    expect(isSigned(permit)).toBe(true)
    await rotateKeys(folder, 'cluster', () => Promise.resolve())
    expect(isSigned(permit)).toBe(false)
  })

  it('permits nothing where it holds no key of the cluster', () => {
    makeKeys(folder)

    expect(() => makePermit(join(folder, 'broker'), 'ana', 60_000)).toThrow('holds no cluster.keys')
  })

  it('lets both pairs be trusted while a side changes over', async () => {
    makeKeys(folder)
    const trusted: number[] = []
    await rotateKeys(folder, 'front', async () => {
      trusted.push(parseKeyList(readFileSync(join(folder, 'clients/local/front.keys'), 'utf8')).length)
    })

    expect(trusted).toEqual([2, 2])
    expect(parseKeyList(readFileSync(join(folder, 'clients/local/front.keys'), 'utf8'))).toHaveLength(1)
  })
})

describe('a key ring', () => {
  it('names the file that is missing', () => {
    expect(() => ring('nowhere').guard('clients')).toThrow(/its front.key_secret: is missing/)
  })

  it('admits who is listed at that port, and calls for a renewal only when somebody inside is listed no more', () => {
    makeKeys(folder)
    const keys = ring('broker')
    const guard = keys.guard('clients')
    let renewals = 0
    guard.onRenew(() => {
      renewals++
    })
    makeClient(folder, 'ana')
    makeClient(folder, 'eve')
    keys.look()
    const keyOf = (name: string): string => listKeys(folder).find((each) => each.name === name)?.key ?? ''
    const [ana, eve] = [keyOf('ana'), keyOf('eve')]

    expect(guard.admits(ana, '')).toBe(true)
    expect(guard.admits(keyOf('server'), '')).toBe(false)
    revokeKey(folder, 'client', 'eve')
    keys.look()
    expect(renewals).toBe(0)
    expect(guard.admits(eve, '')).toBe(false)
    revokeKey(folder, 'client', 'ana')
    keys.look()
    expect(renewals).toBe(1)
    expect(guard.admits(ana, '')).toBe(false)
  })

  it('goes on with what it knew when a file cannot be read any more', () => {
    makeKeys(folder)
    const keys = ring('broker')
    const guard = keys.guard('servers')
    const server = listKeys(folder).find(({ role }) => role === 'server')?.key ?? ''
    writeFileSync(join(folder, 'broker', 'server.keys'), 'broken')
    keys.look()

    expect(guard.admits(server, '')).toBe(true)
  })
})

describe('the generation that a key ring tells', () => {
  const generation = (text: string): void => writeFileSync(join(folder, 'broker', 'generation'), text)

  it('is the one of the file, read again at each look', () => {
    makeKeys(folder)
    generation('7\n')
    const keys = ring('broker')

    expect(keys.generation).toBe(7)
    generation('8')
    expect(keys.generation).toBe(7)
    keys.look()
    expect(keys.generation).toBe(8)
  })

  it('is none where there is no such file, as where no operator keeps the keys', () => {
    makeKeys(folder)

    expect(ring('broker').generation).toBeUndefined()
  })

  it('stays what it was while another file of the new one cannot be read', () => {
    makeKeys(folder)
    generation('1')
    const keys = ring('broker')
    keys.guard('servers')
    const list = join(folder, 'broker', 'server.keys')
    const before = readFileSync(list, 'utf8')
    writeFileSync(list, 'broken')
    generation('2')
    keys.look()
    expect(keys.generation).toBe(1)
    writeFileSync(list, before)
    keys.look()
    expect(keys.generation).toBe(2)
  })

  it.each(['two', '-1', '1.5', '1e3', '0x10', '99999999999999999'])(
    'stays what it was while the file says "%s", which is told once, and keys still change',
    (text) => {
      makeKeys(folder)
      generation('1')
      const log = keptLog()
      const part = join(folder, 'broker')
      const keys = new KeyRing({ folder: part, timers: NO_TIMERS, log, metrics: quietMetrics })
      const guard = keys.guard('clients')
      generation(text)
      makeClient(folder, 'ana')
      keys.look()
      keys.look()

      expect(keys.generation).toBe(1)
      const errors = log.lines.filter(({ level }) => level === 'error')
      expect(errors.map(({ fields }) => fields['file'])).toEqual(['generation'])
      const ana = listKeys(folder).find(({ name }) => name === 'ana')?.key ?? ''
      expect(guard.admits(ana, '')).toBe(true)
    },
  )

  it('keeps no process from its start when the file says nothing that it knows', () => {
    makeKeys(folder)
    generation('soon')
    const keys = ring('broker')

    expect(keys.generation).toBeUndefined()
    expect(keys.guard('clients').pair).toBeDefined()
    generation('3')
    keys.look()
    expect(keys.generation).toBe(3)
  })
})
