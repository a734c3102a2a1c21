import { readName } from '../../wire/index.ts'
import type { Service } from './service.ts'

/** `login` {user}: makes the user known. Again, it is ok and makes no second operation. */
export const login: Service = (call, desk) => {
  const { id, data } = call.request
  const user = readName(data, 'user')
  if (desk.knowsUser(user)) return desk.awaitRegistration(call, 'login', user)
  desk.accept(call, { kind: 'login', id, user, target: '' }, desk.acks, () => ({}))
}
