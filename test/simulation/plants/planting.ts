import { registerHooks } from 'node:module'
import { PLANTS, type Plant } from './plants.ts'

const ROOT = new URL('../../../', import.meta.url).href

/**
 * Has one bug planted in all modules that this process loads from now on. Sources on the disk stay as they are.
 * `assertPlanted` of the answer throws when the module was not loaded. Loading it throws when it has not the text.
 */
export function plantBug(name: string): { plant: Plant; assertPlanted: () => void } {
  const plant = PLANTS.find((each) => each.name === name)
  if (plant === undefined)
    throw new Error(`There is no plant "${name}"; there are ${PLANTS.map((each) => each.name).join(', ')}`)
  const missing = new Set(plant.changes.map(([file]) => ROOT + file))
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context)
      if (!missing.delete(url)) return loaded
      const { source: found } = loaded
      let source = typeof found === 'string' ? found : new TextDecoder().decode(found ?? undefined)
      for (const [file, snippet, replacement] of plant.changes) {
        if (url !== ROOT + file) continue
        const parts = source.split(snippet)
        if (parts.length !== 2)
          throw new Error(`${file} has ${parts.length - 1} times, not once: ${snippet} (plant ${name})`)
        source = parts.join(replacement)
      }
      return { ...loaded, source }
    },
  })
  return {
    plant,
    assertPlanted() {
      if (missing.size > 0) throw new Error(`${[...missing].join(', ')} was not loaded (plant ${name})`)
    },
  }
}
