import { describe, expect, it } from 'vitest'
import { parseCertificate, parseKeyList } from '../../../src/keys/index.ts'
import { COMPONENTS } from '../../../src/operator/names.ts'
import {
  advanceRotation,
  beginRotation,
  endRotation,
  filesOf,
  type Keyring,
  newKeyring,
  parseKeyring,
  partFiles,
  renderKeyring,
  secretData,
  userFiles,
  userSecret,
  withUsers,
} from '../../../src/operator/security/index.ts'
import { testKeyMaker } from '../support/key-maker.ts'

const make = testKeyMaker()
const keyring = newKeyring(make)
const ana = { name: 'ana', key: make.pair().publicKey }
const bob = { name: 'bob', key: make.pair().publicKey }

const keysIn = (files: Readonly<Record<string, string>>, file: string): string[] =>
  parseKeyList(files[file] ?? '').map(({ key }) => key)

describe('the files of a part', () => {
  it.each([
    [
      'broker',
      ['back.key_secret', 'back.keys', 'client.keys', 'front.key_secret', 'own.key_secret', 'server.keys'],
    ],
    [
      'proxy',
      [
        'back.key_secret',
        'back.keys',
        'client.keys',
        'cluster.keys',
        'front.key_secret',
        'own.key_secret',
        'server.keys',
      ],
    ],
    ['ref', ['back.key_secret', 'forwarder.keys', 'operator.keys', 'server.keys']],
    ['server', ['back.key_secret', 'back.keys', 'cluster.keys', 'own.key_secret', 'server.keys']],
    ['client', ['front.keys', 'own.key_secret', 'user.secret']],
  ] as const)('of a %s are those that it needs, the generation, and no more', (component, files) => {
    const names = Object.keys(partFiles(keyring, component)).filter((name) => name !== 'generation')

    expect(names.toSorted()).toEqual(files)
    expect(partFiles(keyring, component)['generation']).toBe('1\n')
  })

  it('let each component in where it connects, and nobody else', () => {
    const own = (component: 'broker' | 'proxy' | 'server' | 'client'): string | undefined =>
      parseCertificate(partFiles(keyring, component)['own.key_secret'] ?? '')?.publicKey

    expect(keysIn(partFiles(keyring, 'ref'), 'server.keys')).toEqual([own('server')])
    expect(keysIn(partFiles(keyring, 'ref'), 'forwarder.keys')).toEqual([own('broker'), own('proxy')])
    expect(keysIn(partFiles(keyring, 'broker'), 'client.keys')).toEqual([own('client')])
    expect(keysIn(partFiles(keyring, 'ref'), 'operator.keys')).toEqual([keyring.pairs.operator.publicKey])
  })

  it('never hold the master of the secrets', () => {
    for (const component of COMPONENTS) {
      expect(JSON.stringify(partFiles(keyring, component))).not.toContain(keyring.master)
    }
  })
})

describe('users', () => {
  it('are admitted at the clients’ ports, and the generation rises', () => {
    const changed = withUsers(keyring, { keys: [bob, ana] })

    expect(changed.state.generation).toBe(2)
    expect(keysIn(partFiles(changed, 'proxy'), 'client.keys')).toEqual([
      keyring.pairs.local.publicKey,
      ana.key,
      bob.key,
    ])
  })

  it('that are the same in another order change nothing', () => {
    const changed = withUsers(keyring, { keys: [bob, ana] })

    expect(withUsers(changed, { keys: [ana, bob] })).toBe(changed)
  })

  it('that are gone are admitted no more', () => {
    const changed = withUsers(withUsers(keyring, { keys: [ana, bob] }), { keys: [bob] })

    expect(keysIn(partFiles(changed, 'broker'), 'client.keys')).not.toContain(ana.key)
    expect(changed.state.generation).toBe(3)
  })

  it('are listed by name in the servers’ part where only listed ones exist', () => {
    const changed = withUsers(keyring, { keys: [], names: ['bob', 'ana', 'bob'] })

    expect(partFiles(changed, 'server')['users.list']).toBe('ana\nbob\n')
    expect(partFiles(changed, 'broker')['users.list']).toBeUndefined()
    expect(withUsers(changed, { keys: [] }).names).toBeUndefined()
  })

  it('have secrets of their own, the same at every time, that no other name has', () => {
    expect(userSecret(keyring, 'ana')).toBe(userSecret(parseKeyring(renderKeyring(keyring)), 'ana'))
    expect(userSecret(keyring, 'ana')).toHaveLength(40)
    expect(userSecret(keyring, 'ana')).not.toBe(userSecret(keyring, 'bob'))
    expect(partFiles(keyring, 'client')['user.secret']).not.toContain(userSecret(keyring, 'local'))
    expect(userSecret(newKeyring(make), 'ana')).not.toBe(userSecret(keyring, 'ana'))
  })

  it('get a whole folder of a client', () => {
    const pair = make.pair()
    const files = userFiles(keyring, 'ana', pair)

    expect(parseCertificate(files['own.key_secret'] ?? '')).toEqual(pair)
    expect(keysIn(files, 'front.keys')).toEqual([keyring.pairs.front.publicKey])
    expect(files['user.secret']).toBe(`${userSecret(keyring, 'ana')}\n`)
  })
})

describe('a keyring as files', () => {
  const rotating = beginRotation(withUsers(keyring, { keys: [ana], names: ['ana'] }), 'now', make)

  it.each([
    ['new', keyring],
    ['with users, between the steps of a rotation', rotating],
    ['changed over', advanceRotation(rotating)],
  ])('is the same when it is read again: %s', (_, each) => {
    expect(parseKeyring(renderKeyring(each))).toEqual(each)
  })

  it('goes through a Secret unharmed', () => {
    const files = renderKeyring(rotating)
    const metadata = { name: 'keys' }

    expect(filesOf({ apiVersion: 'v1', kind: 'Secret', metadata, data: secretData(files) })).toEqual(files)
  })

  it.each(Object.keys(renderKeyring(rotating)).filter((file) => file !== 'users.list'))(
    'cannot be used without or with a spoilt %s, and the error tells nothing that stood there',
    (file) => {
      const { [file]: text = '', ...rest } = renderKeyring(rotating)
      const secret = text.slice(-42, -2)

      expect(() => parseKeyring(rest)).toThrow(`${file} is missing`)
      expect(() => parseKeyring({ ...rest, [file]: `x ${secret}y z` })).toThrow(file)
      expect(() => parseKeyring({ ...rest, [file]: `x ${secret}y z` })).not.toThrow(secret)
    },
  )
})

describe('a rotation', () => {
  const first = beginRotation(keyring, 'monday', make)
  const second = advanceRotation(first)
  const third = advanceRotation(second)
  const ended = endRotation(third, '2026-11-24T12:00:00Z')
  const steps: readonly Keyring[] = [keyring, first, second, third, ended]

  it('raises the generation at each step that is to be read', () => {
    expect(steps.map(({ state }) => state.generation)).toEqual([1, 2, 3, 4, 4])
    expect(steps.map(({ state }) => state.rotation?.step)).toEqual([undefined, 1, 2, 3, undefined])
    expect(ended.state).toMatchObject({ rotated: 'monday', rotatedAt: '2026-11-24T12:00:00Z' })
  })

  it('replaces every pair and the cluster’s key', () => {
    const former = Object.values(keyring.pairs).map(({ secretKey }) => secretKey)
    for (const { secretKey } of Object.values(ended.pairs)) expect(former).not.toContain(secretKey)
    expect(ended.cluster[0]).not.toEqual(keyring.cluster[0])
  })

  it('leaves nobody who is one step behind or ahead outside', () => {
    const pairs: [own: string, listed: string][] = [
      ['own.key_secret of server', 'server.keys of ref'],
      ['own.key_secret of server', 'server.keys of broker'],
      ['own.key_secret of broker', 'forwarder.keys of ref'],
      ['own.key_secret of proxy', 'forwarder.keys of ref'],
      ['own.key_secret of client', 'client.keys of broker'],
      ['back.key_secret of ref', 'back.keys of server'],
      ['back.key_secret of broker', 'back.keys of proxy'],
      ['front.key_secret of proxy', 'front.keys of client'],
    ]
    const fileOf = (each: Keyring, name: string): string => {
      const [file = '', , component] = name.split(' ')
      return partFiles(each, component as 'ref')[file] ?? ''
    }
    const outside: string[] = []
    for (let at = 1; at < steps.length; at++) {
      const [before, after] = [steps[at - 1] as Keyring, steps[at] as Keyring]
      for (const [own, listed] of pairs) {
        for (const [holder, judge] of [
          [before, after],
          [after, before],
        ] as const) {
          const key = parseCertificate(fileOf(holder, own))?.publicKey
          const isAdmitted = parseKeyList(fileOf(judge, listed)).some((each) => each.key === key)
          if (!isAdmitted) outside.push(`${own} by ${listed}, step ${at}`)
        }
      }
    }

    expect(outside).toEqual([])
  })

  it('has what one signs taken by who is one step behind or ahead', () => {
    for (let at = 1; at < steps.length; at++) {
      const [before, after] = [steps[at - 1] as Keyring, steps[at] as Keyring]
      expect(after.cluster.map(({ key }) => key)).toContain(before.cluster[0]?.key)
      expect(before.cluster.map(({ key }) => key)).toContain(after.cluster[0]?.key)
    }
  })

  it('drops the old keys in the end', () => {
    for (const list of Object.values(ended.lists)) {
      for (const { key } of list) {
        expect(Object.values(keyring.pairs).map(({ publicKey }) => publicKey)).not.toContain(key)
      }
    }
  })

  it('keeps users, their names and their secrets', () => {
    const before = withUsers(keyring, { keys: [ana], names: ['ana'] })
    const after = advanceRotation(advanceRotation(beginRotation(before, 'again', make)))

    expect(after.users).toEqual([ana])
    expect(after.names).toEqual(['ana'])
    expect(userSecret(after, 'ana')).toBe(userSecret(before, 'ana'))
  })

  it('does not go on by itself', () => {
    expect(advanceRotation(keyring)).toBe(keyring)
    expect(advanceRotation(third)).toBe(third)
    expect(endRotation(second, '')).toBe(second)
  })
})
