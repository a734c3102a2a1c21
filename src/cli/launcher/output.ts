import { styleText } from 'node:util'
import { LOCAL_CLIENT } from '../keys/names.ts'
import type { SystemPlan } from './plan.ts'

export type Format = 'pretty' | 'json'

interface Line {
  readonly time?: string
  readonly level?: string
  readonly message?: string
  readonly err?: { readonly stack?: string; readonly message?: string }
}

const COLOURS = ['cyan', 'green', 'magenta', 'blue', 'yellow'] as const
const NOT_SHOWN = new Set(['time', 'level', 'role', 'name', 'message', 'err', 'pid', 'hostname'])
const VALUE_LENGTH_MAX = 200

/** Shows what the processes log and what the launcher has to say, line by line. */
export class Output {
  readonly #format: Format
  readonly #write: (text: string) => void
  readonly #width: number
  readonly #colours = new Map<string, (typeof COLOURS)[number]>()

  constructor(format: Format, names: readonly string[], write: (text: string) => void) {
    this.#format = format
    this.#write = write
    this.#width = Math.max(0, ...names.map((name) => name.length))
    for (const [index, name] of names.entries())
      this.#colours.set(name, COLOURS[index % COLOURS.length] ?? 'cyan')
  }

  /** A line of a process: as it is in `json`, for people in `pretty`. */
  line(name: string, text: string): void {
    const line = parse(text)
    if (line === undefined) return this.#say('error', name, { stderr: text }, text)
    if (this.#format === 'json') this.#write(`${text}\n`)
    else this.#pretty(name, line)
  }

  /** What the launcher itself has to say. */
  say(level: 'info' | 'warn' | 'error', fields: Readonly<Record<string, unknown>>, message: string): void {
    this.#say(level, 'launcher', fields, message)
  }

  /** Where to connect and what to try next. */
  welcome(plan: SystemPlan, seconds: number, usualPorts: boolean): void {
    const { brokerAddress, proxyAddress, refAddress, processes } = plan
    if (this.#format === 'json') {
      const http = Object.fromEntries(processes.map(({ name, portHttp }) => [name, portHttp]))
      return this.say(
        'info',
        { seconds, broker: brokerAddress, proxy: proxyAddress, ref: refAddress, http },
        'Ready',
      )
    }
    const http = processes.map(({ name, portHttp }) => `${name} ${portHttp}`).join(', ')
    const addresses = usualPorts ? '' : ` --broker ${brokerAddress} --proxy ${proxyAddress}`
    const secured = plan.keys === undefined ? '' : ` --keys ${plan.folder}/keys/clients/${LOCAL_CLIENT}`
    const options = `${addresses}${secured}`
    this.#write(
      [
        '',
        `The system is ready after ${seconds.toFixed(1)} s.`,
        `  broker ${brokerAddress}   proxy ${proxyAddress}   ref ${refAddress}`,
        `  HTTP (/livez, /readyz?verbose, /metrics): ${http}`,
        'Try in another terminal:',
        `  npx recado subscribe news${options}`,
        `  npx recado publish news hello${options}`,
        `  npx recado status${options}`,
        `  npx recado verify ${plan.folder}/server-*`,
        'Ctrl-C stops everything.',
        '',
        '',
      ].join('\n'),
    )
  }

  #say(level: string, name: string, fields: Readonly<Record<string, unknown>>, message: string): void {
    const line = { level, time: new Date().toISOString(), role: name, name, ...fields, message }
    if (this.#format === 'json') this.#write(`${JSON.stringify(line)}\n`)
    else this.#pretty(name, { ...line, ...('stderr' in fields && { stderr: undefined }) })
  }

  #pretty(name: string, line: Line): void {
    const time = (line.time === undefined ? new Date() : new Date(line.time)).toTimeString().slice(0, 8)
    const fields = Object.entries(line)
      .filter(([key, value]) => !NOT_SHOWN.has(key) && value !== undefined)
      .map(([key, value]) => `${key}=${shown(value)}`)
      .join(' ')
    const label = styleText(this.#colours.get(name) ?? 'bold', name.padEnd(this.#width))
    const level = levelText(line.level)
    const detail = fields === '' ? '' : ` ${styleText('dim', fields)}`
    const stack = line.err === undefined ? '' : `\n${line.err.stack ?? line.err.message ?? ''}`
    this.#write(`${styleText('dim', time)} ${label} ${level}${line.message ?? ''}${detail}${stack}\n`)
  }
}

function levelText(level: string | undefined): string {
  if (level === 'warn') return `${styleText('yellow', 'warning')} `
  if (level === 'error' || level === 'fatal') return `${styleText('red', 'error')} `
  return ''
}

function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > VALUE_LENGTH_MAX ? `${text.slice(0, VALUE_LENGTH_MAX)}...` : text
}

function parse(text: string): Line | undefined {
  if (!text.startsWith('{')) return undefined
  try {
    return JSON.parse(text) as Line
  } catch {
    return undefined
  }
}
