import {
  comparePositions,
  type Position,
  parseFirstSecret,
  parseSecretChange,
  positionName,
} from '../wire/index.ts'
import { Names } from './registry.ts'
import type { UserSecret } from './types.ts'

/**
 * Which operation set the secret that each user has: a function of the set alone. The first in the order that set one made the
 * name that user's. Of those that changed this one, those count that came after the use of the permit that was issued last,
 * which uses up all that were issued before; and of them the last in the order. So who has a former secret and changes it where
 * that use is not known yet gets nothing by it.
 */
export class Secrets {
  readonly #claims = new Names()
  /** By user and claim. */
  readonly #counting = new Map<string, Omit<UserSecret, 'claim'>>()

  set(user: string, message: string, position: Position): void {
    this.#claims.add(user, position)
    this.#count(`${user} ${positionName(position)}`, parseFirstSecret(message).permit, position)
  }

  change(user: string, message: string, position: Position): void {
    const { claim, permit } = parseSecretChange(message)
    this.#count(`${user} ${claim}`, permit, position)
  }

  of(user: string): UserSecret | undefined {
    const claim = this.#claims.get(user)
    const counting = claim && this.#counting.get(`${user} ${positionName(claim)}`)
    return counting && { claim, ...counting }
  }

  #count(key: string, permitted: number, secret: Position): void {
    const known = this.#counting.get(key)
    const later = known === undefined || permitted > known.permitted
    if (later || (permitted === known.permitted && comparePositions(known.secret, secret) < 0)) {
      this.#counting.set(key, { secret, permitted })
    }
  }
}
