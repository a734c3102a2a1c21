import { MEMBERS_MAX, RecadoError, readName, readNames } from '../../wire/index.ts'
import type { Entry } from '../acceptor.ts'
import { asMember, tooManyMembers } from './members.ts'
import type { Call, Service } from './service.ts'
import { notLoggedIn } from './strangers.ts'

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
      asMember(call, desk, name, user, () => desk.awaitRegistration(call, 'channel', name))
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
  if (members.size > MEMBERS_MAX) throw tooManyMembers()
  return { kind: 'private', id, user, target, message: [...members].join(' ') }
}
