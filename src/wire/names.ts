import { NAME_LENGTH_MAX } from './limits.ts'

const NAME = new RegExp(`^[A-Za-z0-9._-]{1,${NAME_LENGTH_MAX}}$`)

/** The last two that were names: the same user says one thing after the other in the same channel. */
let [last, former] = ['a', 'a']

/** Whether this may name a user, a channel or a process: 1 to 64 of `A-Z a-z 0-9 . _ -`. */
export function isName(value: unknown): value is string {
  if (value === last || value === former) return true
  if (typeof value !== 'string' || !NAME.test(value)) return false
  former = last
  last = value
  return true
}
