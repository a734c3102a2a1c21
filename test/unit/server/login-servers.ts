import { openCredentials } from '../../../src/adapters/credentials.ts'
import { makeKey } from '../../../src/adapters/keys/index.ts'
import { Logins } from '../../../src/server/logins.ts'
import { Permits } from '../../../src/server/permits.ts'
import type { Answer, Call, Desk } from '../../../src/server/services/index.ts'
import { Sessions } from '../../../src/server/sessions.ts'
import { Secrets } from '../../../src/store/secrets.ts'
import {
  type Position,
  parseFirstSecret,
  parseSecretChange,
  permitText,
  positionName,
  type RecadoError,
} from '../../../src/wire/index.ts'
import { countingMetrics } from '../../support/counting-metrics.ts'
import { keptLog } from '../../support/kept-log.ts'
import { VirtualTime } from '../../support/virtual-time.ts'

export const HOUR_MS = 3_600_000

interface Set {
  readonly position: Position
  readonly kind: string
  readonly message: string
  readonly level: string
}

/** Servers of one cluster at which nobody has a secret. Each hears of what others accepted when it asks a majority. */
export function setUp({ servers: count = 2, acks = 'quorum', anybody = true } = {}) {
  const world = new VirtualTime()
  const time = world.process()
  const credentials = {
    ...openCredentials(((key) => () => [key])(makeKey())),
    verifierOf: async (secret: string) => `checks$${secret}`,
    matches: async (secret: string, verifier: string) => verifier === `checks$${secret}`,
  }
  const log = keptLog()
  const metrics = countingMetrics()
  const accepted: Set[] = []
  const awaited: string[] = []
  const servers = Array.from({ length: count }, (_, number) => {
    const held = new Map<string, Set>()
    const secrets = new Secrets()
    const hear = ({ position, kind, message, level }: Set): void => {
      if (held.has(positionName(position))) return
      held.set(positionName(position), { position, kind, message, level })
      secrets[kind === 'secret' ? 'set' : 'change']('ana', message, position)
    }
    const desk = {
      acks,
      secretOf: (user: string) => secrets.of(user),
      knowsUser: () => true,
      hear: () => {},
      afterMajority(call: Call, go: () => void) {
        for (const each of accepted) hear(each)
        tried(call, go)
      },
      awaitHeld(call: Call, position: Position, level: string, answer: Answer) {
        awaited.push(level)
        answered(call, answer(position))
      },
      accept(
        call: Call,
        { kind, message }: { kind: string; message: string },
        level: string,
        answer: Answer,
      ) {
        const seq = accepted.length + 1
        const position = { clock: seq, origin: `s${number}`, incarnation: 1, seq }
        accepted.push({ position, kind, message, level })
        hear(accepted.at(-1) as Set)
        answered(call, answer(position))
      },
    } as unknown as Desk
    const now = (): number => time.wall()
    const sessions = new Sessions({
      credentials,
      lifetimeMs: HOUR_MS,
      now,
      secretAt: () => secrets.of('ana')?.secret,
    })
    const logins = new Logins({
      userChannels: 1,
      userRequests: 1,
      userBytesPerSecond: 1,
      tokenLifetimeMs: HOUR_MS,
      anybody,
      isListed: () => false,
      credentials,
      desk,
      sessions,
      permits: new Permits({ credentials, now }),
      verifierAt: (position) => {
        const { kind, message } = held.get(positionName(position)) as Set
        return (kind === 'change' ? parseSecretChange : parseFirstSecret)(message).verifier
      },
      time,
      timers: time,
      log,
      metrics,
    })
    return { secrets, sessions, logins, hear }
  })
  const permit = (user = 'ana', issued = time.wall(), lifetimeMs = HOUR_MS): string => {
    const text = permitText(user, issued, issued + lifetimeMs)
    return `${text}:${credentials.sign(text)}`
  }
  /** The answer's code or its token, and what else it says. */
  const logIn = async (data: object, at = 0) => {
    const outcome = { code: 'none', token: undefined as unknown, message: '' }
    const call: Call = {
      request: { service: 'login', id: '1', clock: 1, timestamp: 0, data: { user: 'ana', ...data } },
      answered: false,
      ok: (found) => void Object.assign(outcome, { code: 'ok', token: found?.['token'] }),
      fail: ({ code, message }) => void Object.assign(outcome, { code, message }),
      accepted: () => {},
    }
    tried(call, () => servers[at]?.logins.logIn(call))
    await world.drain()
    return outcome
  }
  const codeOf = async (data: object, at = 0): Promise<string> => (await logIn(data, at)).code
  const hearAll = (): void => {
    for (const { hear } of servers) for (const each of accepted) hear(each)
  }
  return {
    world,
    time,
    credentials,
    accepted,
    awaited,
    servers,
    log,
    metrics,
    permit,
    logIn,
    codeOf,
    hearAll,
  }
}

function tried(call: Call, act: () => void): void {
  try {
    act()
  } catch (error) {
    call.fail(error as RecadoError)
  }
}

function answered(call: Call, data: object | RecadoError): void {
  if (data instanceof Error) call.fail(data)
  else call.ok(data as Record<string, unknown>)
}
