import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../../tidy/tree.ts'
import { run, text } from './command.ts'

/** Scripts that make a real Kubernetes on this machine, beside the project. */
const SCRIPTS = join(ROOT, '..', 'shared', 'cluster')
const NODES = '3'
const BUILD_MS = 20 * 60_000
const UP_MS = 3 * 60_000

/** A Kubernetes whose every process runs on this machine, so that all of it can be stopped, cut and started again. */
export class Machine {
  readonly #folders: Readonly<Record<string, string>>

  private constructor(folders: Readonly<Record<string, string>>) {
    this.#folders = folders
  }

  /** Why this machine has none; undefined when it has, or can make, one. */
  static missing(): string | undefined {
    if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'it needs Linux and root'
    return existsSync(SCRIPTS) ? undefined : 'there is no ../shared/cluster beside the project'
  }

  /** Finds it, or makes it. Nobody else's is ended. */
  static async open(): Promise<{ machine: Machine; env: Readonly<Record<string, string>> }> {
    await run(script('build'), [], { timeoutMs: BUILD_MS })
    const folders = settingsOf()
    if (!existsSync(join(folders['RUN'] ?? '', 'pids'))) {
      // Its daemons live on with the streams that they were given: so those are not this process's.
      await text('bash', ['-c', `${script('up')} ${NODES} >/dev/null 2>&1`], { timeoutMs: UP_MS })
    }
    const use = await text(script('use'), [])
    return { machine: new Machine(folders), env: variables(use, ['KUBECONFIG', 'PATH']) }
  }

  /** Whether every node has this image. */
  async has(image: string): Promise<boolean> {
    const folder = this.#folders['RUN'] ?? ''
    const nodes = readdirSync(folder).filter((name) => /^node-\d+$/.test(name))
    const lists = nodes.map((node) =>
      text('ctr', ['-a', join(folder, node, 'containerd.sock'), '-n', 'k8s.io', 'images', 'ls', '-q']),
    )
    return (await Promise.all(lists)).every((list) => list.split('\n').includes(image))
  }

  async load(archive: string): Promise<void> {
    await run(script('load'), [archive], { timeoutMs: UP_MS })
  }

  /** What `docker build` takes for the image's first line, where no registry is reached. */
  static async makeBaseImage(): Promise<void> {
    await run(script('base-image'), [], { timeoutMs: UP_MS * 3 })
  }

  /** Kills one daemon: `apiserver`, `kubelet-2`, ... An API server that is asked to end waits for its watchers for a minute. */
  async stop(daemon: string): Promise<void> {
    const pid = this.#pidOf(daemon)
    process.kill(pid, 'SIGKILL')
    const end = Date.now() + 30_000
    while (isAlive(pid)) {
      if (Date.now() > end) throw new Error(`${daemon} did not end within 30 s`)
      await new Promise((resolve) => {
        setTimeout(resolve, 100)
      })
    }
  }

  async start(daemon: string): Promise<void> {
    if (isAlive(this.#pidOf(daemon))) return
    await run('bash', ['-c', `${script('again')} ${daemon} >/dev/null 2>&1`])
  }

  /** Kills every container of a node, as its end would. Its kubelet must be stopped, or it starts them again. */
  async killContainers(node: string): Promise<void> {
    const socket = join(this.#folders['RUN'] ?? '', node, 'containerd.sock')
    const tasks = (await text('ctr', ['-a', socket, '-n', 'k8s.io', 'tasks', 'ls', '-q'])).split('\n')
    await Promise.all(
      tasks
        .filter((task) => task !== '')
        .map((task) => run('ctr', ['-a', socket, '-n', 'k8s.io', 'tasks', 'kill', '-s', 'SIGKILL', task])),
    )
  }

  /** Sends a signal to a container's process, past its kubelet. */
  async signal(node: string, container: string, signal: NodeJS.Signals): Promise<void> {
    const socket = join(this.#folders['RUN'] ?? '', node, 'containerd.sock')
    await run('ctr', ['-a', socket, '-n', 'k8s.io', 'tasks', 'kill', '-s', signal, container])
  }

  /** Nothing goes from one address to the other, whichever begins. */
  async cut(node: string, from: string, to: string): Promise<void> {
    for (const rule of rulesOf(from, to)) await this.#iptables(node, '-I', rule)
  }

  async heal(node: string, from: string, to: string): Promise<void> {
    for (const rule of rulesOf(from, to)) await this.#iptables(node, '-D', rule)
  }

  async #iptables(node: string, action: string, rule: readonly string[]): Promise<void> {
    const namespace = `${this.#folders['NS_PREFIX']}${node.replace('node-', '')}`
    await run('ip', ['netns', 'exec', namespace, 'iptables', '-w', action, 'FORWARD', ...rule])
  }

  #pidOf(daemon: string): number {
    const lines = readFileSync(join(this.#folders['RUN'] ?? '', 'pids'), 'utf8').split('\n')
    const line = lines.findLast((each) => each.endsWith(` ${daemon}`))
    if (line === undefined) throw new RangeError(`No daemon is called ${daemon}`)
    return Number(line.split(' ')[0])
  }
}

function script(name: string): string {
  return join(SCRIPTS, name)
}

function rulesOf(from: string, to: string): string[][] {
  return [
    ['-s', from, '-d', to, '-j', 'DROP'],
    ['-s', to, '-d', from, '-j', 'DROP'],
  ]
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    // One that ended and was not waited for is there too.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

/** Where the scripts keep things. */
function settingsOf(): Record<string, string> {
  const names = ['RUN', 'NS_PREFIX']
  return variables(`. ${script('env.sh')}`, names)
}

/** What these variables are after a script has run. @throws Error when it fails, or leaves one empty */
function variables(commands: string, names: readonly string[]): Record<string, string> {
  const print = `printf '%s\\n' ${names.map((name) => `"$${name}"`).join(' ')}`
  const { status, error, stdout, stderr } = spawnSync('bash', ['-c', `set -e\n${commands}\n${print}`], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`${commands} failed: ${error?.message ?? stderr.trim()}`)
  const values = stdout.split('\n')
  return Object.fromEntries(
    names.map((name, at) => {
      const value = values[at]
      if (!value) throw new Error(`${commands} leaves ${name} empty`)
      return [name, value]
    }),
  )
}
