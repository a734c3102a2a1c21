import { readMessage, readName } from '../../wire/index.ts'
import { readLevel } from './level.ts'
import { named, type Service } from './service.ts'
import { notLoggedIn, unknownUser } from './strangers.ts'

/** `message` {user, to, message, acks?}: says something to one user. */
export const message: Service = (call, desk) => {
  const { id, data } = call.request
  const user = readName(data, 'user')
  const to = readName(data, 'to')
  const said = readMessage(data, desk.messageBytesMax)
  const level = readLevel(data, desk.acks)
  const entry = { kind: 'message', id, user, target: to, message: said } as const
  if (desk.knowsUser(user) && desk.knowsUser(to)) return desk.accept(call, entry, level, named)
  desk.makeSure(
    call,
    () => desk.knowsUser(user) && desk.knowsUser(to),
    () => (desk.knowsUser(user) ? unknownUser(to) : notLoggedIn(user)),
    () => desk.accept(call, entry, level, named),
  )
}
