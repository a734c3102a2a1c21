import { join, relative } from 'node:path'
import { makeKeys } from '../keys/index.ts'
import { checkFolder, checkPorts } from './checks.ts'
import type { ChildEvents } from './child.ts'
import { type Format, Output } from './output.ts'
import { PORT_BASE, planSystem, portsFrom } from './plan.ts'
import { RunningSystem } from './system.ts'

export interface LaunchOptions {
  readonly servers: number
  readonly clients: number
  readonly folder: string
  readonly portBase: number
  readonly format: Format
  readonly logLevel: string
  /** With keys in the folder's `keys`, made if they are missing. */
  readonly secured: boolean
}

const READY_MS_MAX = 60_000
/** A process that ends with this was given something that starting it again does not change. */
const STATUS_BAD_SETTING = 2
/** One Ctrl-C may come several times: from the terminal, and passed on by npm. */
const SAME_SIGNAL_MS = 500

/**
 * Starts a system in this terminal and stays until Ctrl-C or SIGTERM; gives the exit status.
 * @throws RecadoError `port_in_use`, `folder_not_writable`
 */
export async function launch(options: LaunchOptions): Promise<number> {
  const { servers, clients, portBase, logLevel, secured } = options
  const keys = secured ? join(options.folder, 'keys') : undefined
  const plan = planSystem({
    servers,
    clients,
    folder: options.folder,
    keys,
    ports: portsFrom(portBase, servers, clients),
    environment: () => ({ LOG_LEVEL: logLevel }),
  })
  await checkFolder(options.folder)
  await checkPorts(plan)
  if (keys !== undefined) makeKeys(keys)
  const names = plan.processes.map(({ name }) => name)
  const output = new Output(options.format, names, (text) => process.stdout.write(text))
  const ending = Promise.withResolvers<number>()
  const system = new RunningSystem(plan, { restarts: true, events: eventsFor(output, ending.resolve) })
  const aborting = new AbortController()
  const unlisten = listenForSignals(output, system, () => ending.resolve(0))
  output.say('info', { servers, clients, data: options.folder }, `Starting ${names.length} processes`)
  const began = performance.now()
  system.start()
  const welcomed = welcome(system, output, { began, signal: aborting.signal, portBase })
  const status = await ending.promise
  aborting.abort()
  await Promise.all([system.stop(), welcomed])
  unlisten()
  output.say('info', {}, 'Stopped')
  return status
}

function eventsFor(output: Output, end: (status: number) => void): ChildEvents {
  return {
    line: (name, line) => output.line(name, line),
    started: (name, pid) => output.say('info', { process: name, pid }, `${name} started`),
    died(name, how, status, restartMs) {
      if (status === STATUS_BAD_SETTING) {
        output.say('error', { process: name }, `${name} cannot run with these settings; stopping`)
        return end(STATUS_BAD_SETTING)
      }
      const fields = { process: name, reason: how, restart_ms: restartMs }
      output.say('warn', fields, `${name} died and is started again`)
    },
  }
}

async function welcome(
  system: RunningSystem,
  output: Output,
  { began, signal, portBase }: { began: number; signal: AbortSignal; portBase: number },
): Promise<void> {
  const missing = await system.ready({ deadlineMs: READY_MS_MAX, signal })
  if (signal.aborted) return
  if (missing.length > 0) output.say('warn', { missing }, 'Some processes are not ready yet')
  const folder = relative(process.cwd(), system.plan.folder) || '.'
  const plan = { ...system.plan, folder: folder.startsWith('..') ? system.plan.folder : folder }
  const isUsual = portBase === PORT_BASE
  if (missing.length === 0) output.welcome(plan, (performance.now() - began) / 1000, isUsual)
}

/** The first signal stops in order, the second by force. */
function listenForSignals(output: Output, system: RunningSystem, stop: () => void): () => void {
  let first: number | undefined
  const onSignal = (): void => {
    if (first === undefined) {
      first = performance.now()
      output.say('info', {}, 'Stopping; again to force')
      stop()
    } else if (performance.now() - first > SAME_SIGNAL_MS) {
      void system.kill().finally(() => process.exit(130))
    }
  }
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const name of names) process.on(name, onSignal)
  return () => {
    for (const name of names) process.off(name, onSignal)
  }
}
