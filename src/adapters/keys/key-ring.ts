import { parseCertificate, parseKeyList } from '../../keys/index.ts'
import type { Cancel, Guard, KeyPair, KeyRole, Log, Metrics, Pass, Timers } from '../../ports/index.ts'
import { KeyFiles } from './key-files.ts'
import { PortGuard } from './port-guard.ts'

const LOOK_MS = 1000
const NEEDED = { needed: true }
const GENERATION = /^(?:0|[1-9]\d{0,14})$/

/** The kinds of ports: by which pair each proves to be the system's, and whose keys it admits. */
const PORTS = {
  clients: { pair: 'front', roles: ['client'] },
  servers: { pair: 'back', roles: ['server'] },
  ref: { pair: 'back', roles: ['server', 'forwarder'] },
  operators: { pair: 'back', roles: ['operator'] },
} as const satisfies Record<string, { pair: 'front' | 'back'; roles: readonly KeyRole[] }>

export type Port = keyof typeof PORTS

export interface KeyRingOptions {
  /** The folder with this process's keys: docs/security.md says what it holds. */
  readonly folder: string
  readonly timers: Timers
  readonly log: Log
  readonly metrics: Metrics
}

/**
 * The keys of one process, from files that are read again every second: its own pair, whom it trusts, whom it admits.
 * What becomes unreadable is told, and what was read before still holds.
 */
export class KeyRing {
  readonly #options: KeyRingOptions
  readonly #files: KeyFiles
  readonly #pairs = new Map<string, KeyPair>()
  /** By role: public key to name. */
  readonly #lists = new Map<KeyRole, ReadonlyMap<string, string>>()
  readonly #trusted = new Map<string, readonly string[]>()
  readonly #shared: string[] = []
  readonly #guards: PortGuard[] = []
  readonly #callbacks = new Set<() => void>()
  readonly #cancel: Cancel
  /** What the file says, and what has been read whole. */
  #found: number | undefined
  #generation: number | undefined

  constructor(options: KeyRingOptions) {
    const { folder, timers, log } = options
    this.#options = options
    this.#files = new KeyFiles(folder, (file, error) =>
      log.error({ file, err: error }, 'Cannot read keys; what they were before still holds'),
    )
    // The first of all that are read: where all files are replaced at once, the others are of this generation or a newer one.
    this.#files.follow('generation', (text) => {
      this.#found = parseGeneration(text)
    })
    this.#generation = this.#found
    this.#cancel = timers.every(LOOK_MS, () => this.look())
  }

  /** Which generation of its keys this process has read and acts by; undefined where its folder names none. */
  get generation(): number | undefined {
    return this.#generation
  }

  /** What guards a port of this kind. @throws RecadoError `bad_option` when its files cannot be used */
  guard(port: Port): Guard {
    const { pair, roles } = PORTS[port]
    this.#usePair(pair)
    for (const role of roles) this.#useList(role)
    const guard = new PortGuard({
      ...this.#options,
      domain: port,
      pair: () => this.#pairs.get(pair) as KeyPair,
      nameOf: (key) =>
        roles.map((role) => this.#lists.get(role)?.get(key)).find((name) => name !== undefined),
    })
    this.#guards.push(guard)
    return guard
  }

  /** What this process shows at ports of this side. @throws RecadoError `bad_option` when its files cannot be used */
  pass(side: 'front' | 'back'): Pass {
    this.#usePair('own')
    if (!this.#trusted.has(side)) {
      this.#files.use(`${side}.keys`, NEEDED, (text) => {
        const keys = parseKeyList(text).map(({ key }) => key)
        if (keys.length === 0) throw new SyntaxError('It holds no key')
        this.#trusted.set(side, keys)
      })
    }
    const own = (): KeyPair => this.#pairs.get('own') as KeyPair
    const trusted = (): readonly string[] => this.#trusted.get(side) as readonly string[]
    return {
      get pair() {
        return own()
      },
      get trusted() {
        return trusted()
      },
      onChange: (callback) => {
        this.#callbacks.add(callback)
        return () => this.#callbacks.delete(callback)
      },
    }
  }

  /**
   * The keys that this cluster's servers and proxies share, now: the first signs, each may have signed.
   * @throws RecadoError `bad_option` when the file cannot be used
   */
  shared(): readonly string[] {
    if (this.#shared.length > 0) return this.#shared
    this.#files.use('cluster.keys', NEEDED, (text) => {
      const keys = parseKeyList(text).map(({ key }) => key)
      if (keys.length === 0) throw new SyntaxError('It holds no key')
      this.#shared.splice(0, Number.POSITIVE_INFINITY, ...keys)
    })
    return this.#shared
  }

  /** The users whom an administrator lists, now: a name on each line. */
  users(needed: boolean): () => ReadonlySet<string> {
    let names: ReadonlySet<string> = new Set()
    this.#files.use('users.list', { needed }, (text) => {
      names = new Set(text.split('\n').map((line) => line.trim()))
    })
    return () => names
  }

  /** The secret of this client's users, if the folder holds one. */
  secret(): string | undefined {
    let secret: string | undefined
    this.#files.use('user.secret', { needed: false }, (text) => {
      secret = text.trim() === '' ? undefined : text.trim()
    })
    return secret
  }

  /** Reads all files again now. */
  look(): void {
    const { changed, whole } = this.#files.look()
    if (changed) {
      this.#options.log.info({ generation: this.#found }, 'Keys have changed')
      for (const guard of this.#guards) guard.review()
      for (const callback of this.#callbacks) callback()
    }
    // Who could not read a file does not act by what it says.
    if (whole) this.#generation = this.#found
  }

  close(): void {
    this.#cancel()
  }

  #usePair(name: string): void {
    if (this.#pairs.has(name)) return
    this.#files.use(`${name}.key_secret`, NEEDED, (text) => {
      const pair = parseCertificate(text)
      if (pair === undefined) throw new SyntaxError('It holds no key pair')
      this.#pairs.set(name, pair)
    })
  }

  #useList(role: KeyRole): void {
    if (this.#lists.has(role)) return
    this.#files.use(`${role}.keys`, NEEDED, (text) => {
      this.#lists.set(role, new Map(parseKeyList(text).map(({ name, key }) => [key, name])))
    })
  }
}

/** @throws SyntaxError without the text: it may have come from another file by mistake */
function parseGeneration(text: string): number | undefined {
  const trimmed = text.trim()
  if (trimmed === '') return undefined
  if (!GENERATION.test(trimmed)) throw new SyntaxError('It holds no whole number')
  return Number(trimmed)
}
