import { readMessage, readName } from '../../wire/index.ts'
import { readLevel } from './level.ts'
import { named, type Service } from './service.ts'
import { notAMember, notLoggedIn, unknownChannel } from './strangers.ts'

/** `publish` {user, channel, message, acks?}: says something to a channel's subscribers. */
export const publish: Service = (call, desk) => {
  const { id, data } = call.request
  const user = readName(data, 'user')
  const channel = readName(data, 'channel')
  const message = readMessage(data, desk.messageBytesMax)
  const level = readLevel(data, desk.acks)
  const entry = { kind: 'publish', id, user, target: channel, message } as const
  const may = (): boolean => desk.knowsUser(user) && desk.knowsChannel(channel) && desk.mayUse(channel, user)
  if (may()) return desk.accept(call, entry, level, named)
  desk.makeSure(
    call,
    may,
    () => {
      if (!desk.knowsUser(user)) return notLoggedIn(user)
      return desk.knowsChannel(channel) ? notAMember(channel) : unknownChannel(channel)
    },
    () => desk.accept(call, entry, level, named),
  )
}
