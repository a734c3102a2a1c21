import { comparePositions, type Position, parseSecretChange, positionName } from '../wire/index.ts'
import { Names } from './registry.ts'
import type { UserSecret } from './types.ts'

/**
 * Which operation set the secret that each user has: a function of the set alone. The first in the order that set one made the
 * name that user's; of those that changed this one the last in the order counts.
 */
export class Secrets {
  readonly #claims = new Names()
  /** By user and claim. */
  readonly #changes = new Map<string, Position>()

  set(user: string, position: Position): void {
    this.#claims.add(user, position)
  }

  change(user: string, message: string, position: Position): void {
    const key = `${user} ${parseSecretChange(message).claim}`
    const known = this.#changes.get(key)
    if (known === undefined || comparePositions(known, position) < 0) this.#changes.set(key, position)
  }

  of(user: string): UserSecret | undefined {
    const claim = this.#claims.get(user)
    return claim && { claim, secret: this.#changes.get(`${user} ${positionName(claim)}`) ?? claim }
  }
}
