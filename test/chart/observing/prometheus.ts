import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import type { RulesSpec } from '../../../src/operator/resources/rules.ts'
import { freePorts } from '../../support/ports.ts'

export interface Target {
  /** `host:port`. */
  readonly address: string
  readonly job: string
  readonly labels: Readonly<Record<string, string>>
}

export interface Sample {
  readonly metric: Readonly<Record<string, string>>
  readonly value: number
}

const ASK_MS = 5000
const LOOK_MS = 250
const STOP_MS = 10_000

/** A Prometheus of its own, which scrapes every second. */
export class Prometheus {
  readonly #child: ChildProcess
  readonly #base: string
  readonly #folder: string
  #wrote = ''

  private constructor(child: ChildProcess, port: number, folder: string) {
    this.#child = child
    this.#base = `http://127.0.0.1:${port}`
    this.#folder = folder
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.#wrote = `${this.#wrote}${chunk.toString()}`.slice(-4000)
      })
    }
  }

  static async start(command: string, targets: readonly Target[], rules: RulesSpec): Promise<Prometheus> {
    const folder = mkdtempSync(join(tmpdir(), 'recado-prometheus-'))
    const [port = 0] = await freePorts(1)
    const config = {
      global: { scrape_interval: '1s', evaluation_interval: '1s' },
      rule_files: ['rules.yaml'],
      // One job a target, for its own labels; all with the job's name that they would have.
      scrape_configs: targets.map(({ address, job, labels }, at) => ({
        job_name: `target-${at}`,
        static_configs: [{ targets: [address], labels: { ...labels, job } }],
      })),
    }
    writeFileSync(join(folder, 'prometheus.yaml'), stringify(config))
    writeFileSync(join(folder, 'rules.yaml'), stringify(rules))
    const child = spawn(
      command,
      [
        `--config.file=${join(folder, 'prometheus.yaml')}`,
        `--storage.tsdb.path=${join(folder, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    )
    const prometheus = new Prometheus(child, port, folder)
    await prometheus.until(
      'it is ready',
      async () => (await fetch(`${prometheus.#base}/-/ready`)).ok || undefined,
    )
    return prometheus
  }

  /** @throws Error with what Prometheus says of a query that it does not take */
  async query(expr: string): Promise<readonly Sample[]> {
    const url = new URL('/api/v1/query', this.#base)
    url.searchParams.set('query', expr)
    const { result } = (await this.#get(url)) as {
      result: readonly { metric: Readonly<Record<string, string>>; value: readonly [number, string] }[]
    }
    return result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }))
  }

  /** The names of the alerts that fire now, or also those that wait to. */
  async alerts(states: readonly string[] = ['firing']): Promise<readonly string[]> {
    const { alerts } = (await this.#get(new URL('/api/v1/alerts', this.#base))) as {
      alerts: readonly { labels: { alertname: string }; state: string }[]
    }
    const those = alerts.filter(({ state }) => states.includes(state)).map(({ labels }) => labels.alertname)
    return [...new Set(those)].toSorted()
  }

  /** Asks again until there is something. @throws Error that says what did not come */
  async until<Result>(
    what: string,
    ask: () => Promise<Result | undefined>,
    deadlineMs = 60_000,
  ): Promise<Result> {
    const end = Date.now() + deadlineMs
    for (;;) {
      const result = await ask().catch((error: unknown) => {
        if (Date.now() > end) throw error
        return undefined
      })
      if (result !== undefined) return result
      if (this.#child.exitCode !== null) throw new Error(`prometheus ended: ${this.#wrote}`)
      if (Date.now() > end) throw new Error(`Not within ${deadlineMs} ms: ${what}`)
      await new Promise((resolve) => {
        setTimeout(resolve, LOOK_MS)
      })
    }
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null) {
      this.#child.kill('SIGTERM')
      await once(this.#child, 'exit', { signal: AbortSignal.timeout(STOP_MS) })
    }
    rmSync(this.#folder, { recursive: true, force: true })
  }

  async #get(url: URL): Promise<unknown> {
    const response = await fetch(url, { signal: AbortSignal.timeout(ASK_MS) })
    const { data, error } = (await response.json()) as { data?: unknown; error?: string }
    if (error !== undefined) throw new Error(`${error} in ${url.searchParams.get('query')}`)
    return data
  }
}
