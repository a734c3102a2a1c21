import v8 from 'node:v8'
import vm from 'node:vm'

v8.setFlagsFromString('--expose-gc')

/** Collects garbage: the young generation alone, or all that nothing holds. */
export const collect = vm.runInNewContext('gc') as (options: { type: 'minor' | 'major' }) => void
