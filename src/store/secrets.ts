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
 * name that user's; of those that changed this one the last in the order counts. All that it took to set them, permits too, is
 * used up, whichever counts.
 */
export class Secrets {
  readonly #claims = new Names()
  /** By user and claim. */
  readonly #changes = new Map<string, Position>()
  /** By user and claim: when the newest permit was issued under which a secret was set. */
  readonly #permits = new Map<string, number>()

  set(user: string, message: string, position: Position): void {
    this.#claims.add(user, position)
    this.#use(`${user} ${positionName(position)}`, parseFirstSecret(message).permit)
  }

  change(user: string, message: string, position: Position): void {
    const { claim, permit } = parseSecretChange(message)
    const key = `${user} ${claim}`
    this.#use(key, permit)
    const known = this.#changes.get(key)
    if (known === undefined || comparePositions(known, position) < 0) this.#changes.set(key, position)
  }

  of(user: string): UserSecret | undefined {
    const claim = this.#claims.get(user)
    if (claim === undefined) return undefined
    const key = `${user} ${positionName(claim)}`
    return { claim, secret: this.#changes.get(key) ?? claim, permitted: this.#permits.get(key) ?? 0 }
  }

  #use(key: string, permit: number): void {
    if (permit > (this.#permits.get(key) ?? 0)) this.#permits.set(key, permit)
  }
}
