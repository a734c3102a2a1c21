import type { Chance } from '../../../src/ports/index.ts'

/** Draws from a seeded chance. */
export class Dice {
  readonly #chance: Chance

  constructor(chance: Chance) {
    this.#chance = chance
  }

  /** A number from `least` up to `most`. */
  between(least: number, most: number): number {
    return least + this.#chance.next() * (most - least)
  }

  /** A whole number of ms. */
  ms(least: number, most: number): number {
    return Math.round(this.between(least, most))
  }

  /** True in this share of all cases. */
  share(share: number): boolean {
    return this.#chance.next() < share
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[Math.floor(this.#chance.next() * items.length)] as Item
  }

  /** One of the keys, by their weights. */
  weighted<Key extends string>(weights: Readonly<Record<Key, number>>): Key {
    const entries = Object.entries(weights) as [Key, number][]
    let left = this.#chance.next() * entries.reduce((sum, [, weight]) => sum + weight, 0)
    for (const [key, weight] of entries) {
      left -= weight
      if (left < 0) return key
    }
    return (entries.at(-1) as [Key, number])[0]
  }

  shuffled<Item>(items: readonly Item[]): Item[] {
    const left = [...items]
    const drawn: Item[] = []
    while (left.length > 0) drawn.push(...left.splice(Math.floor(this.#chance.next() * left.length), 1))
    return drawn
  }
}
