import { channel } from './channel.ts'
import { channels } from './channels.ts'
import { history } from './history.ts'
import { login } from './login.ts'
import { message } from './message.ts'
import { publish } from './publish.ts'
import type { Service } from './service.ts'
import { status } from './status.ts'
import { users } from './users.ts'

export type { Answer, Call, Desk, Service } from './service.ts'

/** Every service that clients can ask for, by its name on the wire. */
export const SERVICES: ReadonlyMap<string, Service> = new Map(
  Object.entries({ login, users, channel, channels, publish, message, history, status }),
)
