import type { Voters } from '../../../src/wire/index.ts'
import type { Cluster } from '../cluster.ts'
import type { SimulatedServer } from '../server.ts'
import { type Checker, isSame } from '../witness.ts'

/**
 * At no time may two lists of voters act at once. A server uses one list at a time, so two that are each used by a
 * majority would decide without a common member.
 */
export class VotersLists implements Checker {
  readonly #cluster: Cluster

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  voters(): void {
    this.#check()
  }

  state(): void {
    this.#check()
  }

  #check(): void {
    const { witness, servers } = this.#cluster
    const { lists } = witness
    const acting = lists.filter((list) => {
      const users = new Set(servers.filter((server) => uses(server, list)).map(({ name }) => name))
      return [list.names, list.next ?? list.names].every(
        (names) => names.filter((name) => users.has(name)).length > names.length / 2,
      )
    })
    if (acting.length > 1)
      witness.find(
        `Lists act at once: ${acting.map(({ epoch, names }) => `${names.join(', ')} (epoch ${epoch})`).join(' and ')}`,
      )
  }
}

function uses({ server, state }: SimulatedServer, list: Voters): boolean {
  const counts = server !== undefined && state !== 'joining'
  return counts && isSame(server.replica.voting.voters, list)
}
