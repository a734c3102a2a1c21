import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { systemChance } from './adapters/chance.ts'
import { type HealthServer, openHealthServer } from './adapters/http.ts'
import { KeyRing } from './adapters/keys/index.ts'
import { createLog } from './adapters/logs.ts'
import { createMetrics, type MetricsRegistry } from './adapters/metrics.ts'
import { systemTime, systemTimers } from './adapters/time.ts'
import {
  type ConfigOf,
  type Environment,
  type Role,
  readConfig,
  readRole,
  type ServerConfig,
} from './config/index.ts'
import type { Log } from './ports/index.ts'
import { ROLES, type RoleLoaders, type RunningRole } from './roles/index.ts'
import { ERRORS, RecadoError } from './wire/index.ts'

const STOP_MS_MAX = 5000
/**
 * The C library's look-ups cannot be given up, and a process does not end before those under way have: with no name
 * server there that would take longer than a container is given to stop. Who waits for a name looks again by itself.
 */
const RESOLVER_OPTIONS = 'timeout:1 attempts:1'
const VERSION = readVersion()

/** Starts the role that `ROLE` names and stays until a signal, the parent's end or an error ends the process. */
export async function main(environment: Environment, loaders: RoleLoaders = ROLES): Promise<void> {
  try {
    const role = readRole(environment)
    const machine = { hostName: hostname(), terminal: process.stdout.isTTY }
    const config = readConfig(role, environment, machine)
    await new Process(role, config, loaders).run()
  } catch (error) {
    // Only the settings can be wrong here: there is no log yet to say it in the wanted format.
    const log = createLog({
      level: 'info',
      format: process.stdout.isTTY ? 'pretty' : 'json',
      fields: { role: environment['ROLE'] ?? '', name: environment['NAME'] ?? '' },
    })
    process.exit(report(log, error))
  }
}

/** One process: its log, metrics and HTTP, the role within, and the one way out. */
class Process<R extends Role> {
  readonly #role: R
  readonly #config: ConfigOf<R>
  readonly #loaders: RoleLoaders
  readonly #log: Log
  readonly #checks = new Map<string, () => true | string>()
  #http: HealthServer | undefined
  #running: RunningRole | undefined
  #started = false
  #ending = false

  constructor(role: R, config: ConfigOf<R>, loaders: RoleLoaders) {
    this.#role = role
    this.#config = config
    this.#loaders = loaders
    const { logLevel, logFormat, name } = config
    this.#log = createLog({ level: logLevel, format: logFormat, fields: { role, name } })
  }

  async run(): Promise<void> {
    process.env['RES_OPTIONS'] ??= RESOLVER_OPTIONS
    this.#listen()
    try {
      await this.#start()
    } catch (error) {
      this.#end(error)
    }
  }

  async #start(): Promise<void> {
    const { bind, cluster, portHttp } = this.#config
    const registry = createMetrics()
    this.#checks.set('started', () => {
      if (this.#ending) return 'The process is stopping'
      return this.#started || 'The process is starting'
    })
    this.#http = await openHealthServer({
      host: bind,
      port: portHttp,
      started: () => this.#started,
      checks: this.#checks,
      metrics: registry,
    })
    registry.metrics.set('recado_build_info', 1, { version: VERSION, role: this.#role })
    if (this.#config.security === 'open' && !/^(?:127\.|localhost$|::1$)/.test(bind)) {
      this.#log.warn({ bind }, 'Listening beyond this machine in open mode: nothing is encrypted or checked')
    }
    const running = await this.#startRole(registry)
    this.#running = running
    // A signal may have come while the role was starting.
    if (this.#ending) return
    this.#started = true
    this.#log.info({ version: VERSION, pid: process.pid, cluster, http_port: this.#http.port }, 'Started')
  }

  async #startRole(registry: MetricsRegistry): Promise<RunningRole> {
    const config = this.#config
    const { start } = await this.#loaders[this.#role]()
    const { clockOffsetMs = 0, clockDriftPpm = 0 } = config as Partial<ServerConfig>
    return start({
      config,
      log: this.#log,
      metrics: registry.metrics,
      time: systemTime({ offsetMs: clockOffsetMs, driftPpm: clockDriftPpm }),
      timers: systemTimers,
      chance: systemChance,
      ...(config.security === 'secured' && { keys: this.#openKeys(registry) }),
      readiness: (name, check) => this.#checks.set(name, check),
      fail: (error) => this.#end(error),
    })
  }

  #openKeys({ metrics }: MetricsRegistry): KeyRing {
    const folder = this.#config.keysDir as string
    return new KeyRing({ folder, timers: systemTimers, log: this.#log, metrics })
  }

  #listen(): void {
    let signals = 0
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.on(signal, () => {
        signals += 1
        // The first one drains; whoever asks again does not want to wait.
        if (signals > 1) process.exit(signal === 'SIGINT' ? 130 : 143)
        this.#log.info({ signal }, 'Stopping')
        this.#end()
      })
    }
    // A launcher holds a channel open to its processes: they do not outlive it.
    process.on('disconnect', () => {
      this.#log.warn({}, 'Stopping, because the launcher has ended')
      this.#end()
    })
    process.on('uncaughtException', (error) => this.#end(error))
    process.on('unhandledRejection', (reason) => this.#end(reason))
  }

  /** Stops the role within a bounded time, then exits: 0, or as the error says. */
  #end(...errors: [] | [unknown]): void {
    if (errors.length > 0) process.exitCode = report(this.#log, errors[0])
    if (this.#ending) return
    this.#ending = true
    process.exitCode ??= 0
    setTimeout(() => {
      this.#log.warn({ deadline_ms: STOP_MS_MAX }, 'Stopping took too long and was cut short')
      process.exit()
    }, STOP_MS_MAX)
    this.#stop().then(
      () => {
        this.#log.info({}, 'Stopped')
        process.exit()
      },
      (error: unknown) => process.exit(report(this.#log, error)),
    )
  }

  async #stop(): Promise<void> {
    await this.#running?.stop()
    await this.#http?.close()
  }
}

/** Logs an error, one line, and says with which status the process ends. */
function report(log: Log, error: unknown): number {
  if (error instanceof RecadoError) {
    log.error({ code: error.code }, error.message)
    return ERRORS[error.code].exit
  }
  log.error({ code: 'internal', err: error }, 'Unexpected error')
  return 1
}

function readVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

if (import.meta.main) await main(process.env)
