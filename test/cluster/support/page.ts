import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ROOT } from '../../tidy/tree.ts'
import { text } from './command.ts'
import { type Image, nameOf } from './image.ts'
import type { Kubernetes } from './kubernetes.ts'

const PAGE = 'docs/kubernetes.md'
/** The image that the examples name. */
const NAMED = /image: recado:\S+/g
const COMMANDS_MS = 400_000

/** A folder in which a person follows docs/kubernetes.md: with the examples, whose image is the one that the nodes have. */
export class Reader {
  readonly #folder = mkdtempSync(join(tmpdir(), 'recado-reader-'))
  readonly #kubernetes: Kubernetes
  readonly #kubeconfig: string

  private constructor(kubernetes: Kubernetes, image: Image) {
    this.#kubernetes = kubernetes
    this.#kubeconfig = join(this.#folder, 'kubeconfig')
    const examples = join(this.#folder, 'examples', 'kubernetes')
    cpSync(join(ROOT, 'examples', 'kubernetes'), examples, { recursive: true })
    for (const file of readdirSync(examples, { recursive: true, encoding: 'utf8' })) {
      if (!file.endsWith('.yaml')) continue
      const manifest = readFileSync(join(examples, file), 'utf8')
      writeFileSync(join(examples, file), manifest.replaceAll(NAMED, `image: ${nameOf(image)}`))
    }
  }

  /** One whose commands are for this namespace. */
  static async open(kubernetes: Kubernetes, namespace: string, image: Image): Promise<Reader> {
    const reader = new Reader(kubernetes, image)
    writeFileSync(reader.#kubeconfig, readFileSync(kubernetes.kubeconfig), { mode: 0o600 })
    await reader.run(`kubectl config set-context --current --namespace=${namespace}`)
    return reader
  }

  /** Runs all commands in the blocks of shell after these words of the page, up to the next heading; what they print. */
  follow(words: string): Promise<string> {
    const page = readFileSync(join(ROOT, PAGE), 'utf8')
    const [, after = ''] = page.split(words)
    const [part = ''] = after.split(/^##+ /m)
    const blocks = [...part.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, commands]) => commands)
    if (blocks.length === 0) throw new RangeError(`${PAGE} has no commands after "${words}"`)
    return this.run(blocks.join('\n'))
  }

  run(commands: string): Promise<string> {
    return text('bash', ['-euo', 'pipefail', '-c', commands], {
      env: { ...this.#kubernetes.env, KUBECONFIG: this.#kubeconfig },
      folder: this.#folder,
      timeoutMs: COMMANDS_MS,
    })
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
