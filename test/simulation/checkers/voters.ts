import type { Cluster } from '../cluster.ts'
import { type Checker, isSame } from '../witness.ts'

/** At no time may two lists of voters act without a common member: of one epoch there is one, and one at most acts. */
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
      const users = servers.filter(({ server, state }) => {
        return (
          state !== 'down' &&
          state !== 'joining' &&
          server !== undefined &&
          isSame(server.replica.voting.voters, list)
        )
      })
      return users.filter(({ name }) => list.names.includes(name)).length > list.names.length / 2
    })
    const [one, other] = acting
    if (one !== undefined && other !== undefined && !one.names.some((name) => other.names.includes(name)))
      witness.find(`Lists of epochs ${one.epoch} and ${other.epoch} act at once without a common member`)
    for (const list of acting) {
      const rival = lists.find((each) => each.epoch === list.epoch && !isSame(each, list))
      if (rival !== undefined && acting.includes(rival))
        witness.find(
          `Two lists of epoch ${list.epoch} act at once: ${list.names.join(', ')} and ${rival.names.join(', ')}`,
        )
    }
  }
}
