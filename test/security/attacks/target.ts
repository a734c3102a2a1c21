import { type Port, passOf } from '../strangers.ts'

export type Part = 'broker' | 'proxy' | 'server' | 'ref'

/** A system in secured mode as one sees it who has stolen all its keys: each is tried where it must be of no use. */
export interface Target {
  /** Holds the keys as `recado keys` lays them out. */
  readonly folder: string
  readonly brokerAddress: string
  readonly proxyAddress: string
  readonly keysDir: string
  /** Those of one broker, one proxy, one server, and ref. */
  readonly ports: readonly Port[]
  /** Those of every process. */
  readonly everyPort: readonly Port[]
  /** Its name to its own processes. */
  readonly cluster: string
  /** The name of a server. */
  readonly server: string
  /** A metric of all processes of a kind: the sum of all lines that hold this text. */
  counted(part: Part, text: string): Promise<number>
  /** The same, of each of them. */
  countedByEach(part: Part, text: string): Promise<readonly number[]>
  /** What all processes of a kind have written. */
  log(part: Part): Promise<string>
}

export function portOf({ ports }: Target, name: string): Port {
  const found = ports.find((each) => each.name === name)
  if (found === undefined) throw new RangeError(`No port is called ${name}`)
  return found
}

export function clientPass(target: Target): ReturnType<typeof passOf> {
  return passOf(target, 'clients/local', 'front')
}
