import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { plantBug } from './planting.ts'
import { PLANTS } from './plants.ts'
import { rowsInDocs, TRIES_MAX, tryPlant } from './trials.ts'

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url))

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

  it('is planted in no run of many schedules, which says so', () => {
    const { status, stderr } = spawnSync(process.execPath, [MAIN, '--plant', 'last-first'], {
      encoding: 'utf8',
      timeout: 20_000,
    })
    expect(status).toBe(2)
    expect(stderr).toContain('with --seed')
  })

  it('must be one of the table', () => {
    expect(() => plantBug('none')).toThrow('There is no plant "none"')
  })
})
