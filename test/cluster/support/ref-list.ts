import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { ServerEntry } from '../../../src/wire/index.ts'
import { until } from '../../support/load.ts'

const FIRST_MS = 20_000
/**
 * Runs in ref's own container, for network policies keep this machine away from its port: asks for the list again and again,
 * and writes it when it is another. How far each server is behind changes all the time and is left out. What it shows in secured
 * mode, and to which port, it reads first.
 */
const PROGRAM = `
import { Dealer } from 'zeromq'
import { decode, encode } from '@msgpack/msgpack'
import { readFileSync } from 'node:fs'
const { port, keys } = JSON.parse(readFileSync(0, 'utf8'))
const dealer = new Dealer({ linger: 0, ...keys })
dealer.connect('tcp://127.0.0.1:' + port)
let before
for (let clock = 1; ; clock++) {
  const data = { cluster: process.env.CLUSTER }
  await dealer.send([Buffer.alloc(0), encode({ service: 'list', id: String(clock), clock, timestamp: Date.now(), data })])
  const frames = await dealer.receive()
  const now = JSON.stringify(decode(frames.at(-1)).data.servers.map(({ lag, ...rest }) => rest))
  if (now !== before) console.log(now)
  before = now
  await new Promise((resolve) => setTimeout(resolve, 50))
}`

/** Where ref answers, and what has to be shown there. */
export interface RefDoor {
  readonly port: number
  readonly keys: Readonly<Record<string, string>>
}

export type Listed = Omit<ServerEntry, 'lag'>

/** Ref's own list of servers, as it is at this moment. */
export class RefList {
  readonly #env: Readonly<Record<string, string>>
  readonly #namespace: string
  #pod: string | undefined
  #child: ChildProcess | undefined
  #servers: readonly Listed[] | undefined

  readonly #door: () => Promise<RefDoor>

  constructor(env: Readonly<Record<string, string>>, namespace: string, door: () => Promise<RefDoor>) {
    this.#env = env
    this.#namespace = namespace
    this.#door = door
  }

  /** Of the ref in this pod; the first time takes as long as a program's start there. */
  async servers(pod: string): Promise<readonly Listed[]> {
    if (this.#pod !== pod || this.#child === undefined) this.#start(pod, await this.#door())
    await until(FIRST_MS, () => {
      if (this.#child === undefined) throw new Error(`Ref in ${pod} cannot be asked any more`)
      return this.#servers !== undefined || `ref in ${pod} has not answered`
    })
    return this.#servers ?? []
  }

  close(): void {
    this.#child?.kill()
    this.#child = undefined
  }

  #start(pod: string, door: RefDoor): void {
    this.close()
    this.#pod = pod
    this.#servers = undefined
    const args = [
      'exec',
      '-i',
      '-n',
      this.#namespace,
      pod,
      '--',
      'node',
      '--input-type=module',
      '-e',
      PROGRAM,
    ]
    const child = spawn('kubectl', args, {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: { ...process.env, ...this.#env },
    })
    this.#child = child
    child.stdin.on('error', () => {})
    child.stdin.end(JSON.stringify(door))
    createInterface(child.stdout).on('line', (line) => {
      if (this.#child === child) this.#servers = JSON.parse(line) as Listed[]
    })
    child.on('close', () => {
      if (this.#child === child) this.#child = undefined
    })
  }
}
