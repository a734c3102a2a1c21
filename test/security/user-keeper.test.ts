import { afterAll, beforeAll, expect, it } from 'vitest'
import { systemTime, systemTimers } from '../../src/adapters/time.ts'
import { type Client, connect } from '../../src/client/index.ts'
import { UserKeeper, type WantedUser } from '../../src/operator/users/index.ts'
import { until } from '../support/load.ts'
import { quietLog } from '../support/quiet.ts'
import { startSystem, type TestSystem } from '../support/system.ts'

const TEST_MS = 60_000
const WITHIN_MS = 20_000

let system: TestSystem
let keeper: UserKeeper
const clients: Client[] = []

async function client(user: string): Promise<Client> {
  const { brokerAddress: broker, proxyAddress: proxy, keysDir } = system
  const opened = await connect({ broker, proxy, keysDir: keysDir as string, user, secret: secretOf(user) })
  clients.push(opened)
  return opened
}

const secretOf = (user: string): string => `secret of ${user}`
const wanted = (name: string, ...channels: readonly string[]): WantedUser => {
  return { name, secret: secretOf(name), channels, before: { isKnown: false, channels: [] } }
}
const inChannels = (name: string, ...channels: readonly string[]): Promise<void> => {
  return until(WITHIN_MS, () => {
    const progress = keeper.progressOf(name)
    return progress?.channels.join() === channels.join() || JSON.stringify(progress)
  })
}

beforeAll(async () => {
  system = await startSystem({ secured: true })
  await system.ready()
  const { brokerAddress: broker, proxyAddress: proxy, keysDir } = system
  keeper = new UserKeeper({
    time: systemTime(),
    timers: systemTimers,
    log: quietLog,
    open: () => connect({ broker, proxy, keysDir: keysDir as string }),
    onChange: () => {},
  })
}, TEST_MS)

afterAll(async () => {
  await keeper?.stop()
  for (const each of clients) await each.close()
  await system?.stop()
})

it(
  'makes names their users’ own, and brings users into private channels and out of them',
  async () => {
    keeper.want([wanted('ana', 'plans'), wanted('bob', 'plans')])
    await inChannels('ana', 'plans')
    await inChannels('bob', 'plans')
    const [ana, bob, eve] = [await client('ana'), await client('bob'), await client('eve')]
    await ana.publish('plans', 'among us')
    await until(
      WITHIN_MS,
      async () => (await bob.history('plans')).messages.length === 1 || 'bob reads nothing',
    )
    await expect(eve.history('plans')).rejects.toMatchObject({ code: 'denied' })
    await expect(eve.login('ana', { secret: 'a guess at it' })).rejects.toMatchObject({ code: 'denied' })

    keeper.want([wanted('ana', 'plans'), wanted('bob')])
    await inChannels('bob')
    await until(WITHIN_MS, async () => {
      const refused = await bob.history('plans').catch(({ code }: { code: string }) => code)
      return refused === 'denied' || 'bob still reads'
    })
  },
  TEST_MS,
)

it(
  'says why a user is not brought into a channel that is public, or private to others',
  async () => {
    const eve = await client('eve')
    await eve.createChannel('square')
    await eve.createChannel('den', { members: ['eve'] })
    keeper.want([wanted('cara', 'square'), wanted('dan', 'den')])
    await until(WITHIN_MS, () => {
      const problems = [keeper.progressOf('cara')?.problem, keeper.progressOf('dan')?.problem].join('; ')
      return (problems.includes('is public') && problems.includes('you are no member')) || problems
    })
    expect(keeper.progressOf('cara')).toMatchObject({ isKnown: true, channels: [] })
  },
  TEST_MS,
)
