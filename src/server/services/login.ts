import { readName } from '../../wire/index.ts'
import type { Service } from './service.ts'

/** `login` {user}: makes the user known; again, it is ok and makes no second operation. With secrets in secured mode. */
export const login: Service = (call, desk) => {
  if (desk.logins !== undefined) return desk.logins.logIn(call)
  const { id, data } = call.request
  const user = readName(data, 'user')
  if (desk.knowsUser(user)) return desk.awaitRegistration(call, 'login', user)
  desk.accept(call, { kind: 'login', id, user, target: '' }, desk.acks, () => ({}))
}
