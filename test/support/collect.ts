import v8 from 'node:v8'
import vm from 'node:vm'

v8.setFlagsFromString('--expose-gc')

/** Collects garbage: the young generation alone, or all that nothing holds. */
export const collect = vm.runInNewContext('gc') as (options: { type: 'minor' | 'major' }) => void

/** MiB of buffers that are held: what is collected is given back a little later, so it is to be polled. */
export function buffersHeld(): number {
  collect({ type: 'major' })
  return process.memoryUsage().arrayBuffers / 2 ** 20
}

/** MiB by which the old generation grows while so many things pass, a few hundred between two collections of the young one. */
export function grownBy(many: number, pass: (number: number) => void): number {
  // What is empty must grow old too, as it does in a process that waits for its first message; and nothing of what others left
  // may be collected meanwhile.
  collect({ type: 'major' })
  for (let count = 0; count < 4; count++) collect({ type: 'minor' })
  const before = oldGeneration()
  for (let number = 0; number < many; number++) {
    pass(number)
    if (number % 500 === 0) collect({ type: 'minor' })
  }
  for (let count = 0; count < 4; count++) collect({ type: 'minor' })
  return oldGeneration() - before
}

function oldGeneration(): number {
  const space = v8.getHeapSpaceStatistics().find(({ space_name: name }) => name === 'old_space')
  return (space?.space_used_size ?? Number.NaN) / 2 ** 20
}
