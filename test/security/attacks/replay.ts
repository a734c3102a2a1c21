import { type Client, connect } from '../../../src/client/index.ts'
import { until } from '../../support/load.ts'
import { playAgain, WAYS_TO_PLAY } from '../player.ts'
import type { Recording } from '../recording.ts'
import { Relay } from '../relay.ts'
import { historyOf } from '../spies.ts'
import { portOf, type Target } from './target.ts'
import { secretOf } from './users.ts'

/** Nobody else's name: so whatever is told of it was said by who was recorded, or by who plays that again. */
const USER = 'irene'
const CHANNEL = 'played'
const TIMEOUT_MS = 20_000
const TOLD_MS = 15_000

/**
 * Records all that an honest client says at the clients' ports: a handshake, a login, a publication and subscriptions;
 * plays it again while that client is there and when it has gone, and repeats some of it on the connection itself.
 */
export async function playClientAgain(target: Target): Promise<string[]> {
  const before = await refused(target)
  const broker = await Relay.open()
  const proxy = await Relay.open()
  broker.to = portOf(target, "the broker's clients' port").address
  proxy.to = portOf(target, "the proxy's subscribers' port").address
  const honest = await clientBy(target, broker, proxy)
  try {
    const once = await recorded(honest)
    const broken = await playBoth(broker, proxy, 'beside it')
    // Its connection is of no use after that; a new one takes its place.
    broker.recordings[0]?.repeatLast('server')
    const after = `after it ${crypto.randomUUID()}`
    await honest.publish(CHANNEL, after)
    const said = (await historyOf(honest, CHANNEL)).filter((text) => text === once || text === after)
    await honest.close()
    return [
      ...broken,
      ...(await playBoth(broker, proxy, 'after it')),
      ...(said.join() === `${once},${after}` ? [] : [`what was said once stands there as ${said.join()}`]),
      ...(await told(target, before)),
    ]
  } finally {
    await honest.close()
    for (const relay of [broker, proxy]) relay.close()
  }
}

function clientBy({ keysDir }: Target, broker: Relay, proxy: Relay): Promise<Client> {
  return connect({
    broker: broker.address,
    proxy: proxy.address,
    keysDir,
    user: USER,
    secret: secretOf(USER),
    timeoutMs: TIMEOUT_MS,
  })
}

/** What it says, once, and hears. */
async function recorded(honest: Client): Promise<string> {
  const once = `once ${crypto.randomUUID()}`
  await honest.createChannel(CHANNEL)
  await honest.publish(CHANNEL, once)
  const heard: unknown[] = []
  void (async () => {
    for await (const { message } of honest.subscribe(CHANNEL, { from: 'start' })) heard.push(message)
  })().catch(() => {})
  await until(TOLD_MS, () => heard.includes(once) || 'the one who is recorded hears nothing')
  return once
}

async function playBoth(broker: Relay, proxy: Relay, when: string): Promise<string[]> {
  const broken: string[] = []
  for (const [what, relay] of Object.entries({ broker, proxy })) {
    const found = await playAgain(relay.to as string, relay.recordings[0] as Recording)
    broken.push(...found.map((each) => `to the ${what}, ${when}, ${each}`))
  }
  return broken
}

/** Each play is counted as no proof, and so is the repetition on the connection; one login is told. */
async function told(target: Target, before: readonly number[]): Promise<string[]> {
  const wanted = [2 * WAYS_TO_PLAY + 1, 2 * WAYS_TO_PLAY]
  const lacks: string[] = []
  await until(TOLD_MS, async () => {
    const more = (await refused(target)).map((count, at) => count - (before[at] as number))
    return more.every((count, at) => count >= (wanted[at] as number)) || `${more.join()} of ${wanted.join()}`
  }).catch((error: unknown) => lacks.push(`what was played again is not counted: ${String(error)}`))
  const logins = (await target.log('server'))
    .split('\n')
    .filter((line) => line.includes(`"audit":"login","user":"${USER}"`))
  return logins.length === 1 ? lacks : [...lacks, `${logins.length} logins of one who logged in once`]
}

function refused(target: Target): Promise<number[]> {
  const text = 'recado_handshakes_total{port="clients",result="no_proof"}'
  return Promise.all((['broker', 'proxy'] as const).map((part) => target.counted(part, text)))
}
