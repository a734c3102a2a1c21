import { createHash, randomBytes } from 'node:crypto'
import { readdirSync, realpathSync, renameSync, rmSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { RecadoError } from '../wire/index.ts'

/** What a path of a Unix socket may have. */
const SOCKET_PATH_MAX = 100
/** A process that lives and is asked says within this what it does; one that stands still is taken for a holder. */
const ANSWER_DEADLINE_MS = 2000
/** How long another may take to make up its mind. */
const TAKING_DEADLINE_MS = 5000
const POLL_MS = 10
const SUFFIX = '.sock'
/** What a name begins with until its socket answers. */
const TAKING = 'taking-'

export interface FolderLock {
  release(): Promise<void>
}

type Answer = 'dead' | 'taking' | 'holding'

/**
 * Takes a folder for this process: a Unix socket of a name of its own, which answers as long as the process lives, and
 * which ends with it. It holds between containers of one machine too, for it is found by its place in the file system.
 *
 * Each shows its own socket first and looks at the others' then, so that of two at least one sees the other. Names are
 * never used twice: what a dead process left may be removed by anyone at any time. Of several that try at once the one
 * of the lowest name waits until the others have made up their minds, and they give way to it.
 * @throws RecadoError `folder_in_use`, `folder_not_writable`
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const lock = new Lock(folder)
  await lock.take()
  return lock
}

class Lock implements FolderLock {
  readonly #folder: string
  readonly #place: string
  readonly #prefix: string
  readonly #name: string
  readonly #connected = new Set<Socket>()
  readonly #server: Server
  #state: 'taking' | 'holding' = 'taking'

  constructor(folder: string) {
    this.#folder = folder
    const real = realpathSync(folder)
    const key = randomBytes(6).toString('hex')
    const fits = Buffer.byteLength(`${real}/${TAKING}lock-${key}${SUFFIX}`) <= SOCKET_PATH_MAX
    const hash = createHash('sha256').update(real).digest('hex').slice(0, 16)
    this.#place = fits ? real : tmpdir()
    this.#prefix = fits ? 'lock-' : `recado-${hash}-`
    this.#name = `${this.#prefix}${key}${SUFFIX}`
    this.#server = createServer((socket) => this.#answer(socket))
    this.#server.unref()
  }

  async take(): Promise<void> {
    await this.#show()
    try {
      const deadline = performance.now() + TAKING_DEADLINE_MS
      for (let others = this.#others(); others.length > 0; others = await this.#undecided(others)) {
        if (performance.now() > deadline) throw this.#inUse()
        await sleep(POLL_MS)
      }
      this.#state = 'holding'
      for (const name of this.#names(TAKING + this.#prefix)) rmSync(`${this.#place}/${name}`, { force: true })
    } catch (error) {
      await this.release()
      throw error
    }
  }

  release(): Promise<void> {
    rmSync(`${this.#place}/${this.#name}`, { force: true })
    for (const socket of this.#connected) socket.destroy()
    return new Promise((resolve) => this.#server.close(() => resolve()))
  }

  /** A socket can be seen before it answers, and would be taken for a dead one: so it gets its name only then. */
  async #show(): Promise<void> {
    const path = `${this.#place}/${TAKING}${this.#name}`
    try {
      await new Promise<void>((resolve, reject) => {
        this.#server.on('error', reject)
        this.#server.listen(path, resolve)
      })
      renameSync(path, `${this.#place}/${this.#name}`)
    } catch (cause) {
      this.#server.close()
      // A holder tidies up what lies about.
      if ((cause as NodeJS.ErrnoException).syscall === 'rename') throw this.#inUse()
      throw new RecadoError(
        'folder_not_writable',
        `Cannot take the data folder ${this.#folder} for this process; choose another, or change its owner`,
        { cause },
      )
    }
  }

  /** Those that must still be waited for, once the dead are removed. @throws RecadoError `folder_in_use` */
  async #undecided(names: readonly string[]): Promise<string[]> {
    const answers = await Promise.all(names.map((name) => ask(`${this.#place}/${name}`)))
    const undecided: string[] = []
    for (const [at, name] of names.entries()) {
      const answer = answers[at] as Answer
      if (answer === 'dead') rmSync(`${this.#place}/${name}`, { force: true })
      else if (answer === 'holding' || name < this.#name) throw this.#inUse()
      else undecided.push(name)
    }
    return undecided
  }

  #others(): string[] {
    return this.#names(this.#prefix).filter((name) => name !== this.#name)
  }

  #names(prefix: string): string[] {
    return readdirSync(this.#place).filter((name) => name.startsWith(prefix) && name.endsWith(SUFFIX))
  }

  #answer(socket: Socket): void {
    this.#connected.add(socket)
    socket.once('close', () => this.#connected.delete(socket))
    socket.once('error', () => socket.destroy())
    socket.end(this.#state === 'holding' ? 'h' : 't')
  }

  #inUse(): RecadoError {
    return new RecadoError(
      'folder_in_use',
      `Another process uses the data folder ${this.#folder}; end it, or choose another folder`,
    )
  }
}

/** What the process at a socket does. Only a socket that nobody listens at, or none, is of a dead one. */
function ask(path: string): Promise<Answer> {
  return new Promise((resolve) => {
    const socket = connect(path)
    const end = (answer: Answer): void => {
      socket.destroy()
      resolve(answer)
    }
    socket.setTimeout(ANSWER_DEADLINE_MS, () => end('holding'))
    socket.once('data', (bytes) => end(bytes.toString() === 't' ? 'taking' : 'holding'))
    // It closes without a word when it gives way or ends: the next look tells.
    socket.once('end', () => end('taking'))
    socket.once('error', ({ code }: NodeJS.ErrnoException) => {
      if (code === 'ECONNRESET') end('taking')
      else end(code === 'ECONNREFUSED' || code === 'ENOENT' ? 'dead' : 'holding')
    })
  })
}
