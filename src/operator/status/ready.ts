import { COMPONENTS, type Component } from '../names.ts'
import type { StatusFacts } from './facts.ts'
import type { Verdict } from './reasons.ts'
import { lacksMajority, strangers } from './servers.ts'

const TITLES: Readonly<Record<Component, string>> = {
  server: 'servers',
  broker: 'brokers',
  proxy: 'proxies',
  ref: 'ref',
  client: 'clients',
}

/** Ready: every component is ready and as the resource asks, ref knows all servers as up and voting, and one coordinates. */
export function ready(facts: StatusFacts): Verdict {
  const { view, counts, scale, spec } = facts
  const no = (reason: Verdict['reason'], message: string): Verdict => ({ status: 'False', reason, message })
  const majority = lacksMajority(facts)
  if (majority !== undefined) return no('NoMajority', majority)
  const { keys } = facts
  // Without keys no pod can start; with those that it has, what runs goes on.
  if (keys?.problem !== undefined && keys.state === undefined)
    return no(keys.problem.reason, keys.problem.message)
  const missing = COMPONENTS.flatMap((component) => {
    const { desired, ready: isReady, updated } = counts[component]
    if (isReady >= desired && updated >= desired) return []
    const old = updated < Math.min(desired, isReady) ? `, ${updated} as asked` : ''
    return [`${isReady} of ${desired} ${TITLES[component]} ready${old}`]
  })
  if (missing.length > 0) return no('ComponentsNotReady', missing.join('; '))
  if (view === undefined) return no('ReferenceSilent', 'The reference service does not answer the operator')
  const others = strangers(facts)
  if (others.length > 0) return no('ServersNotUp', others.join('; '))
  if (scale.replicas !== spec.servers.replicas || scale.wanted !== spec.servers.replicas) {
    return no('ServersNotUp', `There are ${scale.replicas} servers, ${spec.servers.replicas} are asked for`)
  }
  if (view.coordinator === '') return no('NoCoordinator', 'The servers follow no coordinator')
  return {
    status: 'True',
    reason: 'AllReady',
    message: `${spec.servers.replicas} servers are up, ${view.coordinator} coordinates`,
  }
}
