import { mkdirSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startSystem, type TestSystem } from '../support/system.ts'
import { seededChance } from '../support/virtual-time.ts'
import { Disk } from './disk.ts'
import { faketimeLibrary } from './needs.ts'
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

  private constructor(
    system: TestSystem,
    network: Network | undefined,
    folder: string,
    disks: ReadonlyMap<string, Disk>,
    small: readonly string[],
  ) {
    this.system = system
    this.#network = network
    this.#folder = folder
    this.#disks = disks
    this.#small = small
  }

  /** Starts the system. */
  static async build(setting: Setting, { seed, secured }: Conditions): Promise<Stage> {
    const folder = await mkdtemp(join(tmpdir(), 'recado-faults-'))
    const chance = seededChance(seed)
    const disks = new Map(NAMES.map((name) => [name, new Disk(join(folder, name), chance)]))
    for (const name of setting.smallDisks ?? []) disks.get(name)?.makeSmall()
    mkdirSync(join(folder, 'clocks'))
    for (const name of setting.clocks ?? []) setClock(folder, name, 0)
    const network = setting.network === true ? await Network.build(NAMES) : undefined
    const system = await startSystem({
      folder,
      secured,
      // As the launcher, and any other that looks after processes, does.
      restarts: true,
      env: (name) => ({ ...setting.environment?.(name), ...clockOf(setting, folder, name) }),
      ...(network !== undefined && { host: network.host, within: network.within }),
    })
    return new Stage(system, network, folder, disks, setting.smallDisks ?? [])
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
    setClock(this.#folder, name, seconds)
  }

  async end(): Promise<void> {
    await this.#network?.heal()
    await this.system.stop()
    await this.#network?.remove()
    for (const name of this.#small) this.disk(name).unmount()
    await rm(this.#folder, { recursive: true, force: true })
  }
}

/** The file that a process reads its clock's offset from, anew each second. */
function clockFile(folder: string, name: string): string {
  return join(folder, 'clocks', name)
}

function setClock(folder: string, name: string, seconds: number): void {
  writeFileSync(clockFile(folder, name), `${seconds < 0 ? '' : '+'}${seconds}\n`)
}

function clockOf({ clocks }: Setting, folder: string, name: string): Readonly<Record<string, string>> {
  if (clocks?.includes(name) !== true) return {}
  return {
    LD_PRELOAD: faketimeLibrary() ?? '',
    FAKETIME_TIMESTAMP_FILE: clockFile(folder, name),
    FAKETIME_CACHE_DURATION: '1',
    DONT_FAKE_MONOTONIC: '1',
  }
}
