import { describe, expect, it } from 'vitest'
import { proxyAddresses, readConfig, readRole } from '../../src/config/index.ts'

const machine = { hostName: 'box', terminal: false }

describe('readRole', () => {
  it.each([undefined, '', 'Broker', 'toString'])('refuses %j', (ROLE) => {
    expect(() => readRole({ ROLE })).toThrow(expect.objectContaining({ code: 'bad_option' }))
  })
})

describe('readConfig', () => {
  it('gives the documented defaults', () => {
    const config = readConfig('server', { NAME: 'a' }, machine)

    expect(config).toMatchObject({
      name: 'a',
      cluster: 'default/recado',
      bind: '127.0.0.1',
      advertise: '127.0.0.1',
      portHttp: 9464,
      logFormat: 'json',
      dataDir: 'data/a',
      portPeers: 5560,
      brokers: ['tcp://127.0.0.1:5556'],
      proxies: ['tcp://127.0.0.1:5557'],
      peers: {},
      acks: 'quorum',
      ackDeadlineMs: 5000,
      messageBytesMax: 262_144,
      diskReserve: 0.1,
      allowNetworkFs: false,
      clockOffsetMs: 0,
    })
  })

  it('names a broker, proxy and ref after their role', () => {
    expect(readConfig('broker', {}, machine).name).toBe('broker')
  })

  it('takes lists, spaces and negative numbers', () => {
    const environment = {
      NAME: 'a',
      BROKERS: 'tcp://b1:1, tcp://b2:2',
      PEERS: 'a=tcp://h:1,b=tcp://h:2',
      PROXIES: 'tcp://p:7/9',
      CLOCK_OFFSET_MS: '-3000',
      REF: '',
    }

    expect(readConfig('server', environment, machine)).toMatchObject({
      brokers: ['tcp://b1:1', 'tcp://b2:2'],
      peers: { b: 'tcp://h:2' },
      proxies: ['tcp://p:7/9'],
      clockOffsetMs: -3000,
      ref: [],
    })
  })

  it('takes an empty value as unset', () => {
    expect(readConfig('broker', { PORT_CLIENTS: '', NAME: '' }, machine)).toMatchObject({
      portClients: 5555,
      name: 'broker',
    })
  })

  it('advertises the host name when bound to all addresses', () => {
    expect(readConfig('broker', { BIND: '0.0.0.0' }, machine).advertise).toBe('box')
  })

  it.each([
    ['BIND', '::'],
    ['ADVERTISE', 'fd00:10:244::1f'],
    ['ADVERTISE', '::ffff:10.0.0.1'],
    ['ADVERTISE', 'tcp://[fd00::1]:5560'],
    ['PROXIES', 'tcp://[fd00::1]:5557/5558'],
    ['POD_UID', '5f9c1a52-6f0e-4e7c-8f53-7f7f0f3f5a11'],
  ])('takes %s=%j', (variable, value) => {
    expect(JSON.stringify(readConfig('server', { NAME: 'a', [variable]: value }, machine))).toContain(value)
  })

  it('passes over variables of other roles', () => {
    expect(readConfig('broker', { RATE: 'fast' }, machine)).not.toHaveProperty('rate')
  })

  it.each([
    ['NAME', 'a b'],
    ['NAME', 'x'.repeat(65)],
    ['CLUSTER', 'recado'],
    ['BIND', 'no host'],
    ['PORT_HTTP', '65536'],
    ['PORT_HTTP', '0x10'],
    ['PORT_PEERS', '-1'],
    ['LOG_LEVEL', 'loud'],
    ['LOG_FORMAT', 'xml'],
    ['BROKERS', 'broker:5556'],
    ['BROKERS', 'tcp://b:0'],
    ['BROKERS', 'tcp://b:1,tcp://b:1'],
    ['PROXIES', 'tcp://b:1/x'],
    ['PEERS', 'tcp://b:1'],
    ['ADVERTISE', 'fd00::1::2'],
    ['ADVERTISE', 'tcp://[fd00]:1'],
    ['POD_UID', 'a b'],
    ['ACKS', 'some'],
    ['ACK_DEADLINE_MS', '1.5'],
    ['DISK_RESERVE', '1'],
    ['ALLOW_NETWORK_FS', 'maybe'],
    ['CLOCK_DRIFT_PPM', 'NaN'],
  ])('refuses %s=%j and names variable, value and what is expected', (variable, value) => {
    const read = () => readConfig('server', { NAME: 'a', [variable]: value }, machine)

    expect(read).toThrow(expect.objectContaining({ code: 'bad_option' }))
    expect(read).toThrow(`${variable} is "${value}", expected `)
  })
})

describe('proxyAddresses', () => {
  it('takes the next port for subscribers unless it is given', () => {
    expect(proxyAddresses('tcp://p:5557').subscribers).toBe('tcp://p:5558')
    expect(proxyAddresses('tcp://p:5557/9')).toEqual({ publishers: 'tcp://p:5557', subscribers: 'tcp://p:9' })
  })
})
