import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PROJECTED_FILES } from '../../../src/store/index.ts'
import { parseLine } from '../../../src/wire/index.ts'
import { ROOT } from '../../tidy/tree.ts'
import { text } from './command.ts'
import type { Kubernetes } from './kubernetes.ts'

const DATA = '/data/recado'
const COPY_MS = 120_000
/** The image has node and no other tool. */
const CAT = 'fs.createReadStream(process.argv[1]).pipe(process.stdout)'
const SUMS =
  'for (const path of process.argv.slice(1)) console.log(path, crypto.hash("sha256", fs.readFileSync(path)))'

/** The files of servers in pods: compared where they are, and copied out to be read. */
export class ServerFiles {
  readonly #kubernetes: Kubernetes
  readonly #namespace: string

  constructor(kubernetes: Kubernetes, namespace: string) {
    this.#kubernetes = kubernetes
    this.#namespace = namespace
  }

  /** Whether they are the same bytes in all these pods at this moment. */
  async equal(pods: readonly string[]): Promise<boolean> {
    const sums = await Promise.all(pods.map((pod) => this.#sums(pod)))
    return new Set(sums).size === 1
  }

  /** The lines of one pod's files, in their order. */
  async lines(pod: string): Promise<ReturnType<typeof parseLine>[]> {
    const files = PROJECTED_FILES.filter((file) => file !== 'registry.json')
    const texts = []
    for (const file of files) texts.push(await this.#read(pod, file))
    return texts
      .flatMap((bytes) => bytes.toString().split('\n'))
      .flatMap((line) => (line === '' ? [] : [parseLine(line)]))
  }

  /** Copies the files of each pod out, and lets `recado verify` compare them. @throws Error with what it says */
  async verify(pods: readonly string[]): Promise<string> {
    const folder = mkdtempSync(join(tmpdir(), 'recado-verify-'))
    try {
      for (const pod of pods) await this.#copy(pod, join(folder, pod))
      const folders = pods.map((pod) => join(folder, pod))
      return await text(process.execPath, [join(ROOT, 'src', 'cli', 'main.ts'), 'verify', ...folders], {
        timeoutMs: COPY_MS,
      })
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }

  async #sums(pod: string): Promise<string> {
    const paths = PROJECTED_FILES.map((file) => `${DATA}/${file}`)
    return (await this.#kubernetes.exec(this.#namespace, pod, 'node', '-e', SUMS, ...paths)).toString()
  }

  #read(pod: string, file: string): Promise<Buffer> {
    return this.#kubernetes.exec(this.#namespace, pod, 'node', '-e', CAT, `${DATA}/${file}`)
  }

  async #copy(pod: string, folder: string): Promise<void> {
    mkdirSync(folder, { recursive: true })
    for (const file of PROJECTED_FILES) writeFileSync(join(folder, file), await this.#read(pod, file))
  }
}
