import { RecadoError, readName, readNames } from '../../wire/index.ts'
import type { Entry } from '../acceptor.ts'
import type { Call, Service } from './service.ts'
import { notAMember, notLoggedIn } from './strangers.ts'

/** Each of them is sent what is said, by itself. */
const MEMBERS_MAX = 256

/**
 * `channel` {user, channel, members?}: creates the channel, in secured mode with `members` a private one for them and
 * the user. Again, it is ok and makes no second operation.
 */
export const channel: Service = (call, desk) => {
  const { data } = call.request
  const user = readName(data, 'user')
  const name = readName(data, 'channel')
  const entry = entryOf(call, user, name)
  desk.makeSure(
    call,
    () => desk.knowsUser(user),
    () => notLoggedIn(user),
    () => {
      if (!desk.knowsChannel(name)) return desk.accept(call, entry, desk.acks, () => ({}))
      if (!desk.mayUse(name, user)) throw notAMember(name)
      desk.awaitRegistration(call, 'channel', name)
    },
  )
}

function entryOf(call: Call, user: string, target: string): Entry {
  const { id, data } = call.request
  if (data['members'] === undefined) return { kind: 'channel', id, user, target }
  const members = new Set([user, ...readNames(data, 'members')])
  if (call.user === undefined) {
    throw new RecadoError('bad_request', 'Channels can have members in secured mode only')
  }
  if (members.size > MEMBERS_MAX) {
    throw new RecadoError('bad_request', `A channel has at most ${MEMBERS_MAX} members (limit: members)`)
  }
  return { kind: 'private', id, user, target, message: [...members].join(' ') }
}
