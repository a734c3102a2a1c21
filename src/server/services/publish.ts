import { readMessage, readName } from '../../wire/index.ts'
import type { Entry } from '../acceptor.ts'
import type { Level } from '../acknowledgements.ts'
import { readLevel } from './level.ts'
import { type Call, type Desk, named, type Service } from './service.ts'
import { notAMember, notLoggedIn, unknownChannel } from './strangers.ts'

/** `publish` {user, channel, message, acks?}: says something to a channel's subscribers. */
export const publish: Service = (call, desk) => {
  const { id, data } = call.request
  const user = readName(data, 'user')
  const channel = readName(data, 'channel')
  const message = readMessage(data, desk.messageBytesMax)
  const level = readLevel(data, desk.acks)
  const entry = { kind: 'publish', id, user, target: channel, message } as const
  if (may(desk, entry)) desk.accept(call, entry, level, named)
  else makeSure(call, desk, entry, level)
}

function may(desk: Desk, { user, target }: Entry): boolean {
  return desk.knowsUser(user) && desk.knowsChannel(target) && desk.mayUse(target, user)
}

/** This server may only be behind. */
function makeSure(call: Call, desk: Desk, entry: Entry, level: Level): void {
  const { user, target } = entry
  desk.makeSure(
    call,
    () => may(desk, entry),
    () => {
      if (!desk.knowsUser(user)) return notLoggedIn(user)
      return desk.knowsChannel(target) ? notAMember(target) : unknownChannel(target)
    },
    () => desk.accept(call, entry, level, named),
  )
}
