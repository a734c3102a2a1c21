import { readMessage, readName } from '../../wire/index.ts'
import { readLevel } from './level.ts'
import { named, type Service } from './service.ts'
import { notLoggedIn, unknownChannel } from './strangers.ts'

/** `publish` {user, channel, message, acks?}: says something to a channel's subscribers. */
export const publish: Service = (call, desk) => {
  const { id, data } = call.request
  const user = readName(data, 'user')
  const channel = readName(data, 'channel')
  const message = readMessage(data, desk.messageBytesMax)
  const level = readLevel(data, desk.acks)
  const entry = { kind: 'publish', id, user, target: channel, message } as const
  if (desk.knowsUser(user) && desk.knowsChannel(channel)) return desk.accept(call, entry, level, named)
  desk.makeSure(
    call,
    () => desk.knowsUser(user) && desk.knowsChannel(channel),
    () => (desk.knowsUser(user) ? unknownChannel(channel) : notLoggedIn(user)),
    () => desk.accept(call, entry, level, named),
  )
}
