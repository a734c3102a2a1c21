import { registerHooks } from 'node:module'
import { PLANTS } from './plants.ts'

const ROOT = new URL('../../../', import.meta.url).href

/**
 * Has one bug planted in all modules that this process loads from now on. Sources on the disk stay as they are.
 * `assertPlanted` of the answer throws when the module was not loaded. Loading it throws when it has not the text.
 */
export function plantBug(name: string): { assertPlanted: () => void } {
  const plant = PLANTS.find((each) => each.name === name)
  if (plant === undefined)
    throw new Error(`There is no plant "${name}"; there are ${PLANTS.map((each) => each.name).join(', ')}`)
  let planted = false
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context)
      if (url !== ROOT + plant.file) return loaded
      planted = true
      const { source: loadedSource } = loaded
      let source =
        typeof loadedSource === 'string' ? loadedSource : new TextDecoder().decode(loadedSource ?? undefined)
      for (const [snippet, replacement] of plant.changes) {
        const parts = source.split(snippet)
        if (parts.length !== 2)
          throw new Error(`${plant.file} has ${parts.length - 1} times, not once: ${snippet} (plant ${name})`)
        source = parts.join(replacement)
      }
      return { ...loaded, source }
    },
  })
  return {
    assertPlanted() {
      if (!planted) throw new Error(`${plant.file} was not loaded (plant ${name})`)
    },
  }
}
