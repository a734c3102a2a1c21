import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { ServerEntry } from '../../../src/wire/index.ts'
import { until } from '../../support/load.ts'

const FIRST_MS = 20_000
/**
 * Runs in ref's own container, for network policies keep this machine away from its port: asks for the list again and again,
 * and writes it when it is another. How far each server is behind changes all the time and is left out.
 */
const PROGRAM = `
import { Dealer } from 'zeromq'
import { decode, encode } from '@msgpack/msgpack'
const dealer = new Dealer({ linger: 0 })
dealer.connect('tcp://127.0.0.1:5559')
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

export type Listed = Omit<ServerEntry, 'lag'>

/** Ref's own list of servers, as it is at this moment. */
export class RefList {
  readonly #env: Readonly<Record<string, string>>
  readonly #namespace: string
  #pod: string | undefined
  #child: ChildProcess | undefined
  #servers: readonly Listed[] | undefined

  constructor(env: Readonly<Record<string, string>>, namespace: string) {
    this.#env = env
    this.#namespace = namespace
  }

  /** Of the ref in this pod; the first time takes as long as a program's start there. */
  async servers(pod: string): Promise<readonly Listed[]> {
    if (this.#pod !== pod || this.#child === undefined) this.#start(pod)
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

  #start(pod: string): void {
    this.close()
    this.#pod = pod
    this.#servers = undefined
    const args = ['exec', '-n', this.#namespace, pod, '--', 'node', '--input-type=module', '-e', PROGRAM]
    const child = spawn('kubectl', args, {
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { ...process.env, ...this.#env },
    })
    this.#child = child
    createInterface(child.stdout).on('line', (line) => {
      if (this.#child === child) this.#servers = JSON.parse(line) as Listed[]
    })
    child.on('close', () => {
      if (this.#child === child) this.#child = undefined
    })
  }
}
