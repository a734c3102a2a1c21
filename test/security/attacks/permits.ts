import { join } from 'node:path'
import { openCredentials } from '../../../src/adapters/credentials.ts'
import { makeKey } from '../../../src/adapters/keys/index.ts'
import { makePermit } from '../../../src/cli/keys/index.ts'
import { permitText } from '../../../src/wire/index.ts'
import { type Answer, Asker } from '../asking.ts'
import { clientPass, type Target } from './target.ts'
import { secretOf } from './users.ts'

const HOUR_MS = 3_600_000
const [EVE, OWNER] = ['eve', 'olga']
const [THIEFS, OWNERS] = ['the secret of a thief', 'the new secret of olga']
const COUNTED = 'recado_logins_total{result="wrong_permit"}'

interface Victim {
  readonly target: Target
  readonly user: string
  /** A good permit of that user. */
  readonly permit: string
  readonly token: string
}

/** A permit that must not be taken, what servers tell of it, and how it is come by. */
const WRONG: readonly (readonly [what: string, fault: string, of: (victim: Victim) => string])[] = [
  ["another user's", 'another_user', ({ target }) => permitOf(target, EVE)],
  [
    "another user's by this one's name",
    'not_signed',
    ({ target, user }) => renamed(permitOf(target, EVE), user),
  ],
  ["another cluster's", 'not_signed', ({ user }) => ofAnotherCluster(user)],
  ['one that has expired', 'expired', ({ target, user }) => permitOf(target, user, -HOUR_MS)],
  ['one for too long', 'too_long', ({ target, user }) => permitOf(target, user, 25 * HOUR_MS)],
  ['one that was prolonged', 'not_signed', ({ permit }) => prolonged(permit)],
  ['one that was cut', 'not_signed', ({ permit }) => permit.slice(0, -1)],
  ["the user's token", 'no_permit', ({ token }) => token],
]

/** Who has a client's keys sets others' secrets, by permits that are not for that, or not any more. */
export async function setOthersSecrets(target: Target): Promise<string[]> {
  const before = await target.counted('server', COUNTED)
  const asker = new Asker(target.brokerAddress, clientPass(target))
  try {
    const broken: string[] = []
    for (const [at, each] of WRONG.entries()) broken.push(...(await withWrong(target, asker, each, at)))
    broken.push(...(await withUsed(target, asker)))
    const counted = (await target.counted('server', COUNTED)) - before
    return counted > WRONG.length ? broken : [...broken, `${counted} wrong permits are counted`]
  } finally {
    await asker.close()
  }
}

/** At a user of its own: a name has five tries. */
async function withWrong(
  target: Target,
  asker: Asker,
  [what, fault, of]: (typeof WRONG)[number],
  at: number,
): Promise<string[]> {
  const user = `victim-${at}`
  const token = await asker.tokenOf(user, secretOf(user))
  const permit = of({ target, user, permit: permitOf(target, user), token })
  const answer = await asker.ask('login', { user, permit, new_secret: THIEFS })
  const after = await asker.ask('login', { user, secret: secretOf(user) })
  return [
    ...expectCode(`a login by ${what}`, 'denied', answer),
    ...expectCode(`a login as before, after ${what}`, undefined, after),
    ...(await told(target, user, fault, permit)),
  ]
}

/** By one that its user has used: nor does the former secret, or a token of it, open anything then. */
async function withUsed(target: Target, asker: Asker): Promise<string[]> {
  const former = await asker.tokenOf(OWNER, secretOf(OWNER))
  const permit = permitOf(target, OWNER)
  const byPermit = (secret: string): Promise<Answer> =>
    asker.ask('login', { user: OWNER, permit, new_secret: secret })
  return [
    ...expectCode('a login by a good permit', undefined, await byPermit(OWNERS)),
    ...expectCode('a login by one that was used', 'denied', await byPermit(THIEFS)),
    ...expectCode('the login that used it, again', undefined, await byPermit(OWNERS)),
    ...expectCode('a permit as a token', 'not_logged_in', await asker.ask('users', { token: permit })),
    ...expectCode(
      'a token of the former secret',
      'not_logged_in',
      await asker.ask('users', { token: former }),
    ),
    ...expectCode('the former secret', 'denied', await login(asker, secretOf(OWNER))),
    ...expectCode('the new secret', undefined, await login(asker, OWNERS)),
    ...(await told(target, OWNER, 'used', permit)),
  ]
}

function login(asker: Asker, secret: string): Promise<Answer> {
  return asker.ask('login', { user: OWNER, secret })
}

function permitOf({ folder }: Target, user: string, lifetimeMs = HOUR_MS): string {
  return makePermit(join(folder, 'keys'), user, lifetimeMs).permit
}

function renamed(permit: string, user: string): string {
  return permit.replace(`:${EVE}:`, `:${user}:`)
}

function ofAnotherCluster(user: string): string {
  const key = makeKey()
  const text = permitText(user, Date.now(), Date.now() + HOUR_MS)
  return `${text}:${openCredentials(() => [key]).sign(text)}`
}

function prolonged(permit: string): string {
  const [kind, user, issued, expiry, signature] = permit.split(':')
  return [kind, user, issued, Number(expiry) + 1, signature].join(':')
}

async function told(target: Target, user: string, fault: string, permit: string): Promise<string[]> {
  const log = await target.log('server')
  const line = `"audit":"login","user":"${user}","result":"wrong_permit","fault":"${fault}"`
  return [
    ...(log.includes(line) ? [] : [`servers do not tell of ${user} that its permit was ${fault}`]),
    ...(log.includes(permit.slice(-20)) ? [`a server's log shows a permit of ${user}`] : []),
  ]
}

function expectCode(what: string, code: string | undefined, answer: Answer): string[] {
  return answer['code'] === code ? [] : [`${what}: ${JSON.stringify(answer).slice(0, 200)}`]
}
