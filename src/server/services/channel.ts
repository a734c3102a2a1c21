import { MEMBERS_MAX, RecadoError, readName, readNames } from '../../wire/index.ts'
import type { Entry } from '../acceptor.ts'
import { asMember, tooManyMembers } from './members.ts'
import type { Call, Desk, Service } from './service.ts'
import { isPublicAlready, madeByAnother, notLoggedIn } from './strangers.ts'

/**
 * `channel` {user, channel, members?}: creates the channel, in secured mode with `members` a private one for them and
 * the user. Again, it is ok and makes no second operation.
 */
export const channel: Service = (call, desk) => {
  const { data } = call.request
  const user = readName(data, 'user')
  const name = readName(data, 'channel')
  const members = membersIn(call, user)
  desk.makeSure(
    call,
    () => desk.knowsUser(user),
    () => notLoggedIn(user),
    () => {
      if (desk.knowsChannel(name)) return again(call, desk, members !== undefined)
      if (call.user !== undefined) return desk.afterMajority(call, () => create(call, desk, members))
      desk.accept(call, entryOf(call, undefined), desk.acks, () => ({}))
    },
  )
}

/** In secured mode, once it is sure that no majority has the name. */
function create(call: Call, desk: Desk, members: readonly string[] | undefined): void {
  const entry = entryOf(call, members)
  const { user, target } = entry
  if (desk.knowsChannel(target)) return again(call, desk, members !== undefined)
  desk.checkMayCreate(user)
  desk.accept(call, entry, desk.acks, () => {
    // At another server somebody may have made it at the same moment.
    const known = desk.membersOf(target)
    const asAsked =
      members === undefined ? known === undefined : members.every((member) => known?.has(member) === true)
    return asAsked ? {} : madeByAnother(target)
  })
}

/** What is there is ok for who may use it; but nobody takes a public channel for the private one that was asked for. */
function again(call: Call, desk: Desk, isPrivate: boolean): void {
  const { user, target } = entryOf(call, undefined)
  const answer = (): object => (desk.mayUse(target, user) ? {} : madeByAnother(target))
  const go = (): void => {
    // What made it private may have come later than what made it.
    const by = desk.membersOf(target)?.get(user)
    if (by === undefined) desk.awaitRegistration(call, 'channel', target, answer)
    else desk.awaitHeld(call, by, desk.acks, answer)
  }
  desk.makeSure(
    call,
    () => !isPrivate || desk.membersOf(target) !== undefined,
    () => isPublicAlready(target),
    () => asMember(call, desk, target, user, go),
  )
}

/** Who is to be a member, with the user; undefined for a public channel. */
function membersIn(call: Call, user: string): readonly string[] | undefined {
  const { data } = call.request
  if (data['members'] === undefined) return undefined
  const members = new Set([user, ...readNames(data, 'members')])
  if (call.user === undefined) {
    throw new RecadoError('bad_request', 'Channels can have members in secured mode only')
  }
  if (members.size > MEMBERS_MAX) throw tooManyMembers()
  return [...members]
}

function entryOf(call: Call, members: readonly string[] | undefined): Entry {
  const { id, data } = call.request
  const about = { id, user: readName(data, 'user'), target: readName(data, 'channel') }
  return members === undefined
    ? { ...about, kind: 'channel' }
    : { ...about, kind: 'private', message: members.join(' ') }
}
