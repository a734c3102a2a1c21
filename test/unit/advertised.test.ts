import { expect, it } from 'vitest'
import { proxyAddresses } from '../../src/config/index.ts'
import { advertised } from '../../src/roles/advertised.ts'

it.each([
  ['server-1', 'tcp://server-1:5560'],
  ['10.0.0.1', 'tcp://10.0.0.1:5560'],
  ['fd00::1', 'tcp://[fd00::1]:5560'],
  ['tcp://outside.test:7', 'tcp://outside.test:7'],
  ['tcp://[fd00::1]:7', 'tcp://[fd00::1]:7'],
])('advertised makes of %s the address %s', (advertise, address) => {
  expect(advertised(advertise, 5560)).toBe(address)
})

it('advertised gives a proxy at an IPv6 address both its addresses', () => {
  expect(proxyAddresses(`${advertised('::1', 5557)}/5558`)).toEqual({
    publishers: 'tcp://[::1]:5557',
    subscribers: 'tcp://[::1]:5558',
  })
})
