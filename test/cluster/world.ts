import type { Scenario, World } from './scenario.ts'
import { RELEASE, Release } from './support/chart.ts'
import { givenImage, type Image, provideImages } from './support/image.ts'
import { Kubernetes } from './support/kubernetes.ts'
import { Machine } from './support/machine.ts'
import { Stage } from './support/stage.ts'

const NAMESPACE = 'recado-e2e'

/** What every cluster is asked to be, where it is not left to the resource's default. */
export type Mode = 'open' | 'secured'

export interface OwnWorld extends World {
  begin(scenario: Scenario): Promise<void>
  /** Removes what the scenario made; what the operator complained of. */
  end(scenario: Scenario): Promise<string[]>
  version(): Promise<string>
  close(options: { keep: boolean }): Promise<void>
}

/** Why nothing can be run here; undefined when something can. */
export function hasTools(): string | undefined {
  return process.env['RECADO_IMAGE'] === undefined ? Machine.missing() : undefined
}

/** Finds the cluster, or makes it; builds the image and gives it to the nodes. */
export async function openWorld(mode: Mode | undefined): Promise<OwnWorld> {
  const begun = performance.now()
  const tell = (text: string): void => {
    const seconds = Math.round((performance.now() - begun) / 1000)
    process.stderr.write(`${String(seconds).padStart(5)} s  ${text}\n`)
  }
  const { KUBECONFIG, RECADO_IMAGE } = process.env
  if (RECADO_IMAGE !== undefined) {
    const [image = '', other = image] = RECADO_IMAGE.split(',')
    const images = { image: givenImage(image), other: givenImage(other) }
    const kubernetes = await Kubernetes.open({ KUBECONFIG: KUBECONFIG ?? '' }, { reachesServices: false })
    return new RealWorld({ kubernetes, machine: undefined, images, tell, mode })
  }
  const { machine, env } = await Machine.open()
  tell('builds the image and loads it')
  const kubernetes = await Kubernetes.open(env, { reachesServices: true })
  return new RealWorld({ kubernetes, machine, images: await provideImages(machine), tell, mode })
}

interface WorldOptions {
  readonly kubernetes: Kubernetes
  readonly machine: Machine | undefined
  readonly images: { readonly image: Image; readonly other: Image }
  readonly tell: (text: string) => void
  readonly mode: Mode | undefined
}

class RealWorld implements OwnWorld {
  readonly kubernetes: Kubernetes
  readonly machine: Machine | undefined
  readonly release: Release
  readonly image: Image
  readonly other: Image
  readonly tell: (text: string) => void
  readonly spec: object
  #stages: Stage[] = []
  #namespace = NAMESPACE

  constructor({ kubernetes, machine, images, tell, mode }: WorldOptions) {
    this.kubernetes = kubernetes
    this.machine = machine
    this.image = images.image
    this.other = images.other
    this.release = new Release(kubernetes, images.image)
    this.tell = tell
    this.spec = mode === undefined ? {} : { security: { mode } }
  }

  async begin({ name, installs }: Scenario): Promise<void> {
    this.tell(`== ${name}`)
    this.#namespace = `${NAMESPACE}-${name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}`.slice(0, 60)
    if (installs !== true) await this.release.ensure()
    await this.release.complaints()
  }

  async stage(spec?: object, name?: string): Promise<Stage> {
    const options = { spec: this.spec, ...(name !== undefined && { name }) }
    const stage = await Stage.build(this.kubernetes, this.#namespace, spec, options)
    this.#stages.push(stage)
    return stage
  }

  async end({ expects }: Scenario): Promise<string[]> {
    const complaints = await this.release.complaints(expects)
    for (const stage of this.#stages) await stage.remove()
    this.#stages = []
    return complaints.slice(0, 10).map((line) => `operator: ${line.slice(0, 500)}`)
  }

  async version(): Promise<string> {
    const { gitVersion } = JSON.parse(await this.kubernetes.raw('/version')) as { gitVersion: string }
    return gitVersion
  }

  async close({ keep }: { keep: boolean }): Promise<void> {
    try {
      if (!keep && (await this.release.isInstalled())) {
        this.tell(`uninstalls ${RELEASE}`)
        await this.release.uninstall()
      }
    } finally {
      this.kubernetes.close()
    }
  }
}
