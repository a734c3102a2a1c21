import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openCredentials } from '../../../src/adapters/credentials.ts'
import { KeyRing, makeKey, makeKeyPair } from '../../../src/adapters/keys/index.ts'
import { makePermit } from '../../../src/cli/keys/index.ts'
import type { Component } from '../../../src/operator/names.ts'
import { newKeyring, partFiles, userFiles, withUsers } from '../../../src/operator/security/index.ts'
import type { Timers } from '../../../src/ports/index.ts'
import { parsePermit } from '../../../src/wire/index.ts'
import { quietLog, quietMetrics } from '../../support/quiet.ts'

const NO_TIMERS: Timers = { soon: () => {}, after: () => () => {}, every: () => () => {} }
const ana = makeKeyPair()
const keyring = withUsers(newKeyring({ pair: makeKeyPair, key: makeKey }), {
  keys: [{ name: 'ana', key: ana.publicKey }],
  names: ['ana'],
})

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'recado-parts-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** The key ring of a process whose pod mounts these files. */
function ringOf(files: Readonly<Record<string, string>>): KeyRing {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  return new KeyRing({ folder, timers: NO_TIMERS, log: quietLog, metrics: quietMetrics })
}

const part = (component: Component): KeyRing => ringOf(partFiles(keyring, component))
const own = (name: 'server' | 'broker' | 'local' | 'operator'): string => keyring.pairs[name].publicKey

describe('the files of a component’s pods', () => {
  it('are all that a broker opens, and let in who should', () => {
    const ring = part('broker')

    expect(ring.pass('back').trusted).toEqual([keyring.pairs.back.publicKey])
    expect(ring.guard('clients').admits(ana.publicKey, '')).toBe(true)
    expect(ring.guard('clients').admits(own('local'), '')).toBe(true)
    expect(ring.guard('clients').admits(own('server'), '')).toBe(false)
    expect(ring.guard('servers').admits(own('server'), '')).toBe(true)
    expect(ring.guard('servers').admits(ana.publicKey, '')).toBe(false)
    expect(ring.generation).toBe(2)
  })

  it('let who is in a server’s pod permit a new secret', () => {
    const ring = part('server')
    const { signed = '', signature = '' } = parsePermit(makePermit(folder, 'ana', 60_000).permit) ?? {}

    expect(openCredentials(() => ring.shared()).isSigned(signed, signature)).toBe(true)
  })

  it('are all that a proxy opens', () => {
    const ring = part('proxy')

    expect(ring.guard('clients').admits(ana.publicKey, '')).toBe(true)
    expect(ring.guard('servers').admits(own('broker'), '')).toBe(false)
    expect(ring.pass('back').pair).toEqual(keyring.pairs.proxy)
    expect(ring.shared()).toEqual([keyring.cluster[0]?.key])
  })

  it('are all that ref opens, with a port for the operator alone', () => {
    const ring = part('ref')

    expect(ring.guard('ref').admits(own('broker'), '')).toBe(true)
    expect(ring.guard('ref').admits(own('operator'), '')).toBe(false)
    expect(ring.guard('operators').admits(own('operator'), '')).toBe(true)
    expect(ring.guard('operators').admits(own('server'), '')).toBe(false)
  })

  it('are all that a server opens', () => {
    const ring = part('server')

    expect(ring.guard('servers').admits(own('server'), '')).toBe(true)
    expect(ring.guard('servers').admits(own('broker'), '')).toBe(false)
    expect(ring.pass('back').pair).toEqual(keyring.pairs.server)
    expect(ring.shared()).toHaveLength(1)
    expect(ring.users(true)().has('ana')).toBe(true)
  })

  it.each([
    ['an automatic client', () => partFiles(keyring, 'client')],
    ['a user', () => userFiles(keyring, 'ana', ana)],
  ])('are all that %s opens', (_, files) => {
    const ring = ringOf(files())

    expect(ring.pass('front').trusted).toEqual([keyring.pairs.front.publicKey])
    expect(ring.secret()).toHaveLength(40)
  })
})
