import { channel } from './channel.ts'
import { channels } from './channels.ts'
import { history } from './history.ts'
import { login } from './login.ts'
import { asMember, invite, leave } from './members.ts'
import { message } from './message.ts'
import { publish } from './publish.ts'
import type { Service } from './service.ts'
import { status } from './status.ts'
import { users } from './users.ts'

export type { Answer, Call, Desk, Service } from './service.ts'
export { asMember }

/** Every service that clients can ask for, by its name on the wire. */
export const SERVICES: ReadonlyMap<string, Service> = new Map(
  Object.entries({ login, users, channel, channels, invite, leave, publish, message, history, status }),
)
