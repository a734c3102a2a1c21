import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PROJECTED_FILES } from '../../../src/store/index.ts'
import { parseLine } from '../../../src/wire/index.ts'
import { ROOT } from '../../tidy/tree.ts'
import { run, text } from './command.ts'
import type { Kubernetes } from './kubernetes.ts'

const DATA = '/data/recado'
const COPY_MS = 120_000

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
    for (const file of files)
      texts.push(await this.#kubernetes.exec(this.#namespace, pod, 'cat', `${DATA}/${file}`))
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
    return (await this.#kubernetes.exec(this.#namespace, pod, 'sha256sum', ...paths)).toString()
  }

  async #copy(pod: string, folder: string): Promise<void> {
    mkdirSync(folder, { recursive: true })
    const archive = join(folder, 'files.tar')
    const command = `kubectl exec -n ${this.#namespace} ${pod} -- tar -C ${DATA} -cf - ${PROJECTED_FILES.join(' ')} > ${archive}`
    await this.#kubernetes.command('bash', ['-c', `set -o pipefail; ${command}`], { timeoutMs: COPY_MS })
    await run('tar', ['-C', folder, '-xf', archive])
    if (readFileSync(archive).byteLength === 0) throw new Error(`Nothing came out of ${pod}`)
  }
}
