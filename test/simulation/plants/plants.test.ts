import { describe, expect, it } from 'vitest'
import { plantBug } from './planting.ts'
import { PLANTS } from './plants.ts'
import { rowsInDocs, TRIES_MAX, tryPlant } from './trials.ts'

describe('A planted bug', () => {
  it.each(PLANTS.map((plant) => [plant.name, plant] as const))(
    `is found within ${TRIES_MAX} schedules: %s`,
    async (_name, plant) => {
      expect((await tryPlant(plant)).finding).toBeTypeOf('string')
    },
    600_000,
  )

  it('has its row in the table of docs/simulation.md, found', () => {
    const rows = rowsInDocs()
    expect([...rows.keys()]).toEqual(PLANTS.map(({ name }) => `\`${name}\``))
    expect([...rows.values()].filter((seeds) => !/^\d+$/.test(seeds))).toEqual([])
  })

  it('must be one of the table', () => {
    expect(() => plantBug('none')).toThrow('There is no plant "none"')
  })
})
