import type { Chance } from '../ports/index.ts'

export const systemChance: Chance = { next: () => Math.random() }
