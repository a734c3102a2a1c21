import { MEMBERS_MAX, RecadoError, readName } from '../../wire/index.ts'
import type { Call, Desk, Service } from './service.ts'
import { notAMember, unknownChannel, unknownUser } from './strangers.ts'

/**
 * `invite` {user, channel, member}: makes another user a member of a private channel. Again, it is ok and makes no
 * second operation.
 */
export const invite: Service = (call, desk) => {
  const { id, data } = call.request
  const user = readName(data, 'user')
  const channel = readName(data, 'channel')
  const member = readName(data, 'member')
  asMember(call, desk, channel, user, () => {
    if (desk.membersOf(channel) === undefined) throw isPublic(channel)
    desk.makeSure(
      call,
      () => desk.knowsUser(member),
      () => unknownUser(member),
      () => {
        const members = desk.membersOf(channel)
        const by = members?.get(member)
        if (by !== undefined) return desk.awaitHeld(call, by, desk.acks, () => ({}))
        if (members !== undefined && members.size >= MEMBERS_MAX) throw tooManyMembers()
        const entry = { kind: 'invite', id, user, target: channel, message: member } as const
        desk.accept(call, entry, desk.acks, () =>
          desk.mayUse(channel, member) ? {} : noMemberAfterAll(channel, member),
        )
      },
    )
  })
}

/** `leave` {user, channel}: the user is no member any more. */
export const leave: Service = (call, desk) => {
  const { id, data } = call.request
  const user = readName(data, 'user')
  const channel = readName(data, 'channel')
  asMember(call, desk, channel, user, () => {
    if (desk.membersOf(channel) === undefined) throw isPublic(channel)
    desk.accept(call, { kind: 'leave', id, user, target: channel }, desk.acks, () => ({}))
  })
}

/** Goes on when the channel is there and the user may use it; makes sure before it says that not. */
export function asMember(call: Call, desk: Desk, channel: string, user: string, go: () => void): void {
  desk.makeSure(
    call,
    () => desk.knowsChannel(channel) && desk.mayUse(channel, user),
    () => (desk.knowsChannel(channel) ? notAMember(channel) : unknownChannel(channel)),
    go,
  )
}

export function tooManyMembers(): RecadoError {
  return new RecadoError('bad_request', `A channel has at most ${MEMBERS_MAX} members (limit: members)`)
}

function noMemberAfterAll(channel: string, member: string): RecadoError {
  const why =
    'it has left, or others made this channel at the same moment, for other members; then make another'
  return new RecadoError('denied', `User "${member}" is no member of channel "${channel}": ${why}`)
}

function isPublic(channel: string): RecadoError {
  return new RecadoError('bad_request', `Channel "${channel}" is public; it has no members`)
}
