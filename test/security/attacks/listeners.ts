import { type Client, connect } from '../../../src/client/index.ts'
import { until } from '../../support/load.ts'
import { curveOf, hear, type Spy, tokenOf } from '../spies.ts'
import { portOf, type Target } from './target.ts'
import { secretOf } from './users.ts'

const HEARD_MS = 15_000
/** Nobody else's name, whatever system this is tried on. */
const SPEAKER = 'heloisa'
const PRIVATE = 'board'
const PUBLIC = 'street'
/** What would cover others' inboxes, a private channel, all channels, or what servers say. */
export const PREFIXES = [
  '',
  'u',
  'user',
  'user/',
  'user/b',
  'user/bob',
  'user/bob/',
  'c',
  'channel/',
  'channel/board/',
]
/** What servers and proxies say or take among themselves, and a grant that is none. */
export const INNER = ['r', 'replica', 's', 'servers', 'grant/bob/']

/** Listens at a proxy with a client's keys for what is not for it. */
export async function listenToOthers(target: Target): Promise<string[]> {
  const clients = await Promise.all([SPEAKER, 'bob'].map((user) => clientOf(target, user)))
  const open: { close(): void }[] = []
  const spy = (...topics: string[]): Spy => {
    const heard = hear(portOf(target, "the proxy's subscribers' port").address, curveOf(target), topics)
    open.push(heard)
    return heard
  }
  try {
    const [speaker, bob] = clients as [Client, Client]
    await speaker.createChannel(PRIVATE, { members: ['bob'] })
    await speaker.createChannel(PUBLIC)
    const eves = await tokenOf(target, 'eve', secretOf('eve'))
    const bobs = spy('user/bob/', `grant/${await tokenOf(target, 'bob', secretOf('bob'))}/`)
    const all = spy(`channel/${PUBLIC}/`)
    const spies: [string, Spy][] = [
      ...[...PREFIXES, ...INNER].map((topic): [string, Spy] => [topic, spy(topic)]),
      ['user/bob/ with the grant of another', spy('user/bob/', `grant/${eves}/`)],
      ['user/bob/ with a forged grant', spy('user/bob/', `grant/${eves.replace('eve:', 'bob:')}/`)],
    ]
    const received = textsOf(bob, PRIVATE)
    await until(HEARD_MS, async () => {
      await speaker.message('bob', 'private')
      await speaker.publish(PRIVATE, 'among us')
      await speaker.publish(PUBLIC, 'to all')
      const counts = [bobs.topics.length, all.topics.length, received.length]
      return Math.min(...counts) >= 5 || `those whom it is for have heard ${counts.join(', ')}`
    })
    return [
      ...spies
        .filter(([, { topics }]) => topics.length > 0)
        .map(([topic, { topics }]) => {
          return `a stranger that subscribes to "${topic}" hears ${topics[0]}`
        }),
      ...(await counted(target)),
    ]
  } finally {
    for (const each of open) each.close()
    await Promise.all(clients.map((client) => client.close()))
  }
}

function clientOf(
  { brokerAddress: broker, proxyAddress: proxy, keysDir }: Target,
  user: string,
): Promise<Client> {
  return connect({ broker, proxy, keysDir, user, secret: secretOf(user) })
}

function textsOf(client: Client, channel: string): unknown[] {
  const received: unknown[] = []
  void (async () => {
    for await (const { message } of client.subscribe(channel)) received.push(message)
  })().catch(() => {})
  return received
}

async function counted(target: Target): Promise<string[]> {
  const reasons = ['subscription', 'grant']
  const counts = await Promise.all(
    reasons.map((reason) => target.counted('proxy', `recado_denied_total{reason="${reason}"}`)),
  )
  const told = await target.log('proxy')
  return reasons.flatMap((reason, at) => [
    ...(counts[at] === 0 ? [`no ${reason} is counted as denied`] : []),
    ...(told.includes(`"audit":"denied","reason":"${reason}"`)
      ? []
      : [`the proxy tells no ${reason} that it denied`]),
  ])
}
