import { mkdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startSystem, type TestSystem } from '../support/system.ts'
import { seededChance } from '../support/virtual-time.ts'
import { Clock } from './clock.ts'
import { Disk } from './disk.ts'
import { Network } from './network.ts'
import type { Conditions, Setting } from './scenario.ts'

const NAMES = ['ref', 'broker', 'proxy', 'server-1', 'server-2', 'server-3']

/** What the steps of a scenario work on: a running system, its network, its disks and its clocks. */
export class Stage {
  readonly system: TestSystem
  readonly #network: Network | undefined
  readonly #folder: string
  readonly #disks: ReadonlyMap<string, Disk>
  readonly #small: readonly string[]
  readonly #clocks: ReadonlyMap<string, Clock>

  private constructor(
    system: TestSystem,
    network: Network | undefined,
    folder: string,
    disks: ReadonlyMap<string, Disk>,
    { smallDisks = [] }: Setting,
    clocks: ReadonlyMap<string, Clock>,
  ) {
    this.system = system
    this.#network = network
    this.#folder = folder
    this.#disks = disks
    this.#small = smallDisks
    this.#clocks = clocks
  }

  /** Starts the system. */
  static async build(setting: Setting, { seed, secured }: Conditions): Promise<Stage> {
    const folder = await mkdtemp(join(tmpdir(), 'recado-faults-'))
    const chance = seededChance(seed)
    const disks = new Map(NAMES.map((name) => [name, new Disk(join(folder, name), chance)]))
    for (const name of setting.smallDisks ?? []) disks.get(name)?.makeSmall()
    const clocks = makeClocks(join(folder, 'clocks'), setting)
    const network = setting.network === true ? await Network.build(NAMES) : undefined
    const system = await startSystem({
      folder,
      secured,
      // As the launcher, and any other that looks after processes, does.
      restarts: true,
      env: (name) => ({ ...setting.environment?.(name), ...clocks.get(name)?.environment }),
      ...(network !== undefined && { host: network.host, within: network.within }),
    })
    return new Stage(system, network, folder, disks, setting, clocks)
  }

  get network(): Network {
    if (this.#network === undefined) throw new Error('The setting of this scenario has no network')
    return this.#network
  }

  disk(name: string): Disk {
    const disk = this.#disks.get(name)
    if (disk === undefined) throw new RangeError(`No process is called ${name}`)
    return disk
  }

  /** Where a copy of a disk is kept. */
  copyOf(name: string): string {
    return join(this.#folder, 'copies', name)
  }

  /** Steps the clock of a process to so many seconds beside the machine's. */
  stepClock(name: string, seconds: number): void {
    const clock = this.#clocks.get(name)
    if (clock === undefined) throw new RangeError(`The setting of this scenario has no clock for ${name}`)
    clock.step(seconds)
  }

  async end(): Promise<void> {
    await this.#network?.heal()
    await this.system.stop()
    await this.#network?.remove()
    for (const name of this.#small) this.disk(name).unmount()
    await rm(this.#folder, { recursive: true, force: true })
  }
}

/** Right ones, of those whose clocks can be stepped. */
function makeClocks(folder: string, { clocks = [] }: Setting): ReadonlyMap<string, Clock> {
  mkdirSync(folder)
  const made = new Map(clocks.map((name) => [name, new Clock(join(folder, name))]))
  for (const clock of made.values()) clock.step(0)
  return made
}
