import { describe } from 'vitest'
import { holdFor } from './hold.ts'

/** The other half. */
describe('Schedules of faults', () => {
  holdFor(1001, 2000)
})
