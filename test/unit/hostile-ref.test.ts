import { expect, it } from 'vitest'
import { Mutator, WAYS } from '../hostile/mutation.ts'
import { SAMPLES } from '../hostile/samples.ts'
import { RefWorld } from '../support/ref-world.ts'
import { seededChance } from '../support/virtual-time.ts'

const MESSAGES = 6000

it('a ref refuses what is malformed, and takes forgeries that are odd, without a fault of its own', async () => {
  const world = new RefWorld(['server-1', 'server-2', 'server-3'])
  const mutator = new Mutator(seededChance(1))
  for (let number = 0; number < MESSAGES; number++) {
    // Without the other cluster's name that the same get over the wire: here nobody is harmed.
    const frames = mutator.message(mutator.of(SAMPLES.ref).parts, mutator.of(WAYS))
    for (const frame of frames) world.ref.answer(frame)
    if (number % 50 === 0) world.virtual.run(1000)
    // It can read what it wrote.
    if (number % 500 === 0) world.start(['server-1', 'server-2', 'server-3'])
  }

  const text = await world.registry.text()
  expect(text).toMatch(/^recado_ref_requests_total\{.*code="ok"/m)
  expect(text).toMatch(/^recado_ref_requests_total\{.*code="bad_request"/m)
  expect(text).not.toContain('code="internal"')
})
