import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)
const BRIDGE = 'recado'
const PREFIX = '10.77.0'
/** A table of nftables in each namespace, with one chain that sees all that arrives. */
const TABLE = ['inet', 'faults']
const CHAIN = [...TABLE, 'arriving']
/** About 25 kB a second, and what waits longer than a second is lost. */
const SLOW = ['tbf', 'rate', '200kbit', 'burst', '16kb', 'latency', '1s']

/**
 * A network of namespaces, one for each process, and a bridge between them where the clients are. What is cut is lost
 * on arrival, silently, as by a broken wire: no connection is told.
 */
export class Network {
  readonly #names: readonly string[]

  private constructor(names: readonly string[]) {
    this.#names = names
  }

  static async build(names: readonly string[]): Promise<Network> {
    const network = new Network(names)
    await ip('link', 'add', BRIDGE, 'type', 'bridge')
    await ip('address', 'add', `${PREFIX}.1/24`, 'dev', BRIDGE)
    await ip('link', 'set', BRIDGE, 'up')
    for (const name of names) await network.#add(name)
    return network
  }

  readonly host = (name: string): string => `${PREFIX}.${10 + this.#names.indexOf(name)}`

  readonly within = (name: string): readonly string[] => ['nsenter', `--net=/run/netns/${name}`, '--']

  /** Nothing that `speaker` sends reaches `listener` any more. */
  async cutOneWay(speaker: string, listener: string): Promise<void> {
    await nft(listener, 'add', 'rule', ...CHAIN, 'ip', 'saddr', this.host(speaker), 'drop')
  }

  async cut(one: string, other: string): Promise<void> {
    await Promise.all([this.cutOneWay(one, other), this.cutOneWay(other, one)])
  }

  /** All that `name` sends to any process is lost, clients aside: none of them speaks to a server. */
  async mute(name: string): Promise<void> {
    await Promise.all(this.#others(name).map((other) => this.cutOneWay(name, other)))
  }

  /** Nothing reaches `name`. */
  async deafen(name: string): Promise<void> {
    await Promise.all(this.#others(name).map((other) => this.cutOneWay(other, name)))
  }

  /** What `name` sends comes slowly. */
  async slow(name: string): Promise<void> {
    await run('tc', ['-n', name, 'qdisc', 'replace', 'dev', 'eth0', 'root', ...SLOW])
  }

  /** One in ten of the packets that come to `name` is lost. */
  async lose(name: string): Promise<void> {
    await nft(name, 'add', 'rule', ...CHAIN, 'numgen', 'random', 'mod', '10', '==', '0', 'drop')
  }

  async heal(): Promise<void> {
    await Promise.all(
      this.#names.map(async (name) => {
        await nft(name, 'flush', 'chain', ...CHAIN)
        // There is none to delete where nothing was slow.
        await run('tc', ['-n', name, 'qdisc', 'del', 'dev', 'eth0', 'root']).catch(() => {})
      }),
    )
  }

  async remove(): Promise<void> {
    for (const name of this.#names) {
      // At once, while a namespace goes when it can.
      await ip('link', 'delete', endOf(name))
      await ip('netns', 'delete', name)
    }
    await ip('link', 'delete', BRIDGE)
  }

  #others(name: string): string[] {
    return this.#names.filter((other) => other !== name)
  }

  async #add(name: string): Promise<void> {
    await ip('netns', 'add', name)
    await ip('link', 'add', endOf(name), 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name)
    await ip('link', 'set', endOf(name), 'master', BRIDGE, 'up')
    await ip('-n', name, 'address', 'add', `${this.host(name)}/24`, 'dev', 'eth0')
    await ip('-n', name, 'link', 'set', 'eth0', 'up')
    await ip('-n', name, 'link', 'set', 'lo', 'up')
    await nft(name, 'add', 'table', ...TABLE)
    await nft(name, 'add', 'chain', ...CHAIN, '{ type filter hook input priority 0; }')
  }
}

/** The bridge's end of the wire to a process. The name of an interface has at most 15 characters. */
function endOf(name: string): string {
  return `to-${name}`.slice(0, 15)
}

async function ip(...args: readonly string[]): Promise<void> {
  await run('ip', args)
}

async function nft(name: string, ...args: readonly string[]): Promise<void> {
  await run('ip', ['netns', 'exec', name, 'nft', ...args])
}
