import { RecadoError } from '../../wire/index.ts'

export function notLoggedIn(user: string): RecadoError {
  return new RecadoError('not_logged_in', `User "${user}" is not logged in; log in first`)
}

export function unknownUser(user: string): RecadoError {
  return new RecadoError('unknown_user', `There is no user "${user}"; users become known by logging in`)
}

export function notAMember(channel: string): RecadoError {
  return new RecadoError(
    'denied',
    `Channel "${channel}" is private, and you are no member; ask one of them to invite you`,
  )
}

export function unknownChannel(channel: string): RecadoError {
  return new RecadoError('unknown_channel', `There is no channel "${channel}"; create it first`)
}

export function isPublicAlready(channel: string): RecadoError {
  const what = `Channel "${channel}" is public already; choose another name for a private one`
  return new RecadoError('name_taken', what)
}

export function madeByAnother(channel: string): RecadoError {
  const what = `Channel "${channel}" was made by another at the same moment, for others; choose another name`
  return new RecadoError('name_taken', what)
}
