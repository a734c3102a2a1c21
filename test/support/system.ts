import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LOCAL_CLIENT, makeKeys } from '../../src/cli/keys/index.ts'
import { type Ports, planSystem, RunningSystem, type SystemOptions } from '../../src/cli/launcher/index.ts'
import { freePorts } from './ports.ts'

export interface TestSystemOptions extends Pick<SystemOptions, 'host' | 'within'> {
  readonly servers?: number
  readonly clients?: number
  /** Whether it runs in secured mode, with keys in `folder`/keys. */
  readonly secured?: boolean
  /** Makes the keys, into this folder, in secured mode. */
  readonly prepare?: (keys: string) => void
  /** More settings for all processes, or by the name of each. */
  readonly env?: Readonly<Record<string, string>> | ((name: string) => Readonly<Record<string, string>>)
  /** A folder that stays; otherwise a temporary one, removed at the end. */
  readonly folder?: string
  /** Whether processes that die are started again by themselves. False by default. */
  readonly restarts?: boolean
}

/** A process that ended by itself: nobody killed it by `kill` or stopped it. */
export interface Death {
  readonly name: string
  /** The signal, or the exit status. */
  readonly how: string
}

/** One process of a test's system. */
export interface TestProcess {
  readonly name: string
  /** Undefined while it does not run. */
  readonly pid: number | undefined
  /** Sends a signal (by default SIGKILL) and waits for the end, unless the signal only freezes or wakes. */
  kill(signal?: NodeJS.Signals): Promise<void>
  /** Starts it, after a `kill`. */
  start(): void
  /** Kills it, starts it and waits until it is ready. */
  restart(): Promise<void>
}

export interface TestSystem {
  readonly brokerAddress: string
  readonly proxyAddress: string
  readonly refAddress: string
  readonly folder: string
  /** A client's keys, in secured mode. */
  readonly keysDir: string | undefined
  readonly ports: Ports
  readonly processes: readonly TestProcess[]
  /** Which processes ended by themselves so far, whether they are started again or not. */
  readonly deaths: readonly Death[]
  process(name: string): TestProcess
  /** Waits until all processes, or those named, are ready; throws after the deadline with what is missing. */
  ready(names?: readonly string[]): Promise<void>
  /** What the processes wrote, each line after its process's name. */
  log(name?: string): string
  http(name: string, path: string): Promise<{ status: number; text: string }>
  /** Stops everything, in order, and removes the folder if it was made here. */
  stop(): Promise<void>
}

const READY_MS = 20_000
const LOG_LINES_MAX = 20_000

/** Starts the real system on free ports, as the launcher does. Call `ready` to wait for it and `stop` at the end. */
export async function startSystem(options: TestSystemOptions = {}): Promise<TestSystem> {
  const { servers = 3, clients = 0, env = {}, restarts = false } = options
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'recado-test-')))
  const ports = await choosePorts(servers, clients)
  const environment = typeof env === 'function' ? env : () => env
  const keys = options.secured === true ? join(folder, 'keys') : undefined
  const { prepare = makeKeys } = options
  if (keys !== undefined) prepare(keys)
  const plan = planSystem({ ...options, keys, servers, clients, folder, ports, environment })
  const deaths: Death[] = []
  const lines: string[] = []
  const note = (name: string, text: string): void => {
    if (lines.length < LOG_LINES_MAX) lines.push(`${name} ${text}`)
  }
  const system = new RunningSystem(plan, {
    restarts,
    events: {
      line: note,
      started: (name, pid) => note(name, `started with pid ${pid}`),
      died(name, how) {
        deaths.push({ name, how })
        note(name, `died: ${how}`)
      },
    },
  })
  system.start()
  const log = (name?: string): string =>
    lines.filter((line) => name === undefined || line.startsWith(`${name} `)).join('\n')
  const ready = async (names?: readonly string[]): Promise<void> => {
    const missing = await system.ready({ deadlineMs: READY_MS, ...(names !== undefined && { names }) })
    if (missing.length === 0) return
    throw new Error(`Not ready after ${READY_MS} ms: ${missing.join('; ')}\n${lines.slice(-40).join('\n')}`)
  }
  const processes = system.children.map((child) => processOf(system, child.name, ready))
  return {
    brokerAddress: plan.brokerAddress,
    proxyAddress: plan.proxyAddress,
    refAddress: plan.refAddress,
    folder,
    keysDir: keys === undefined ? undefined : join(keys, 'clients', LOCAL_CLIENT),
    ports,
    processes,
    deaths,
    process: (name) => processes[system.children.indexOf(system.child(name))] as TestProcess,
    ready,
    log,
    http: (name, path) => get(system.child(name).plan, path),
    async stop() {
      // Frozen processes cannot stop.
      for (const child of system.children) child.signal('SIGCONT')
      await system.stop()
      if (options.folder === undefined) await rm(folder, { recursive: true, force: true })
    },
  }
}

function processOf(system: RunningSystem, name: string, ready: TestSystem['ready']): TestProcess {
  const child = system.child(name)
  const kill = async (signal: NodeJS.Signals = 'SIGKILL'): Promise<void> => {
    if (signal === 'SIGSTOP' || signal === 'SIGCONT') child.signal(signal)
    else await child.stop(signal)
  }
  return {
    name,
    get pid() {
      return child.pid
    },
    kill,
    start: () => child.start(),
    async restart() {
      await kill()
      child.start()
      await ready([name])
    },
  }
}

async function choosePorts(servers: number, clients: number): Promise<Ports> {
  const free = await freePorts(7 + servers + 3 + servers + clients)
  const [first = 0, second = 0, publishers = 0, subscribers = 0, ref = 0, replica = 0, operators = 0] = free
  return {
    clients: first,
    servers: second,
    publishers,
    subscribers,
    ref,
    replica,
    operators,
    peers: free.slice(7, 7 + servers),
    http: free.slice(7 + servers),
  }
}

async function get(
  { host, portHttp }: { host: string; portHttp: number },
  path: string,
): Promise<{ status: number; text: string }> {
  const response = await fetch(`http://${host}:${portHttp}${path}`, {
    // A connection that is kept may be closed by the other side at the moment in which it is used again.
    headers: { connection: 'close' },
    signal: AbortSignal.timeout(5000),
  })
  return { status: response.status, text: await response.text() }
}
