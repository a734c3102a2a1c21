import { readName } from '../../wire/index.ts'
import type { Service } from './service.ts'
import { notLoggedIn } from './strangers.ts'

/** `channel` {user, channel}: creates the channel. Again, it is ok and makes no second operation. */
export const channel: Service = (call, desk) => {
  const { id, data } = call.request
  const user = readName(data, 'user')
  const name = readName(data, 'channel')
  desk.makeSure(
    call,
    () => desk.knowsUser(user),
    () => notLoggedIn(user),
    () => {
      if (desk.knowsChannel(name)) return desk.awaitRegistration(call, 'channel', name)
      desk.accept(call, { kind: 'channel', id, user, target: name }, desk.acks, () => ({}))
    },
  )
}
