import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseKeyList } from '../../../src/keys/index.ts'
import { type Answer, Asker, expired, forgedTokens } from '../asking.ts'
import { clientPass, type Target } from './target.ts'

const [EVE, BOB] = ['eve', 'bob']
const CHANNEL = 'attacked'

/** What a user with a client's keys asks for in the name of another, with tokens that nobody gave, and twice. */
export async function askAsAnother(target: Target): Promise<string[]> {
  const asker = new Asker(target.brokerAddress, clientPass(target))
  try {
    const eve = await asker.tokenOf(EVE, secretOf(EVE))
    const bob = await asker.tokenOf(BOB, secretOf(BOB))
    return [
      ...(await withoutSecret(asker)),
      ...(await inTheNameOf(asker, BOB, eve)),
      ...(await withTokens(asker, [...forgedTokens(eve, bob), expired(eve, clusterKey(target)), undefined])),
      ...(await replayed(asker, eve)),
      ...(await counted(target)),
    ]
  } finally {
    await asker.close()
  }
}

export function secretOf(user: string): string {
  return `the secret of ${user}`
}

function clusterKey({ folder }: Target): string {
  const [first] = parseKeyList(readFileSync(join(folder, 'keys', 'cluster.keys'), 'utf8'))
  if (first === undefined) throw new Error('There is no cluster key')
  return first.key
}

async function withoutSecret(asker: Asker): Promise<string[]> {
  return wrong(
    'a login with another secret',
    ['denied', 'overloaded'],
    [await asker.ask('login', { user: BOB, secret: 'a wrong guess' })],
  )
}

async function inTheNameOf(asker: Asker, user: string, token: string): Promise<string[]> {
  const requests: [string, object][] = [
    ['channel', { user, channel: CHANNEL }],
    ['publish', { user, channel: CHANNEL, message: 'm' }],
    ['message', { user, to: EVE, message: 'm' }],
    ['history', { user }],
    ['history', { user, with: EVE }],
  ]
  const answers = requests.map(([service, data]) => asker.ask(service, { ...data, token }))
  return wrong('in the name of another', ['denied'], await Promise.all(answers))
}

async function withTokens(asker: Asker, tokens: readonly unknown[]): Promise<string[]> {
  const answers = tokens.map((token) => asker.ask('users', token === undefined ? {} : { token }))
  return wrong('with no token, or one that nobody gave', ['not_logged_in'], await Promise.all(answers))
}

/** What is sent again, as somebody on the way might, counts once. */
async function replayed(asker: Asker, token: string): Promise<string[]> {
  const user = EVE
  const message = `once ${crypto.randomUUID()}`
  const id = crypto.randomUUID()
  await asker.ask('channel', { user, channel: CHANNEL, token })
  const publish = (): Promise<Answer> => asker.ask('publish', { user, channel: CHANNEL, message, token }, id)
  const answers = [await publish(), await publish(), await publish()]
  const { messages } = await asker.ask('history', { channel: CHANNEL, token })
  const said = (messages as readonly { message: unknown }[]).filter((each) => each.message === message).length
  return [
    ...wrong('a publication', [undefined], answers),
    ...(said === 1 ? [] : [`what was sent three times stands there ${said} times`]),
  ]
}

async function counted(target: Target): Promise<string[]> {
  const reasons = ['another_user', 'no_token']
  const counts = await Promise.all(
    reasons.map((reason) => target.counted('server', `recado_denied_total{reason="${reason}"}`)),
  )
  const told = await target.log('server')
  return [
    ...reasons.filter((_, at) => counts[at] === 0).map((reason) => `nothing is counted as ${reason}`),
    ...(told.includes(`"audit":"denied","reason":"another_user","user":"${EVE}","as":"${BOB}"`)
      ? []
      : ['servers tell no refusal']),
    ...(told.includes('"audit":"denied","reason":"no_token"')
      ? []
      : ['servers tell of no token that they refused']),
    ...(told.includes('"audit":"login"') ? [] : ['servers tell no login']),
  ]
}

function wrong(what: string, codes: readonly unknown[], answers: readonly Answer[]): string[] {
  return answers
    .filter(({ code }) => !codes.includes(code))
    .map((answer) => `${what}: ${JSON.stringify(answer).slice(0, 200)}`)
}
