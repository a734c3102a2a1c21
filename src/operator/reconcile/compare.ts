import { parseQuantity } from './quantity.ts'

/** By what the API server tells the elements of a list apart, where it does. */
const LIST_KEYS = ['name', 'mountPath', 'containerPort', 'port', 'topologyKey', 'ip'] as const

/**
 * The places in which a live object is not as it was rendered: `spec.template.spec.containers[server].image`. What
 * the API server or others added does not count, nor another way to write the same quantity.
 */
export function differences(rendered: unknown, live: unknown, path = ''): string[] {
  if (isEmpty(rendered)) return isEmpty(live) || isObject(rendered) ? [] : [path]
  if (Array.isArray(rendered)) return Array.isArray(live) ? listDifferences(rendered, live, path) : [path]
  if (isObject(rendered)) {
    if (!isObject(live)) return [path]
    return Object.entries(rendered).flatMap(([key, value]) => {
      return differences(value, live[key], path === '' ? key : `${path}.${key}`)
    })
  }
  return isSame(rendered, live) ? [] : [path]
}

function listDifferences(rendered: readonly unknown[], live: readonly unknown[], path: string): string[] {
  const key = LIST_KEYS.find((each) => rendered.every((item) => isObject(item) && item[each] !== undefined))
  const keys = key === undefined ? [] : rendered.map((item) => (item as Fields)[key])
  if (key === undefined || new Set(keys).size < keys.length) {
    if (rendered.length !== live.length) return [path]
    return rendered.flatMap((item, index) => differences(item, live[index], `${path}[${index}]`))
  }
  return rendered.flatMap((item) => {
    const name = (item as Fields)[key]
    const found = live.find((each) => isObject(each) && isSame(each[key], name))
    return found === undefined
      ? [`${path}[${String(name)}]`]
      : differences(item, found, `${path}[${String(name)}]`)
  })
}

function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true
  const quantity = parseQuantity(a)
  return quantity !== undefined && quantity === parseQuantity(b)
}

type Fields = Readonly<Record<string, unknown>>

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isContainer(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}

/** What the API server may leave out: for it these are all the same as nothing. */
function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === 0 || value === false) return true
  return isContainer(value) && Object.keys(value).length === 0
}
