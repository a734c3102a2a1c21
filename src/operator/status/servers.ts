import { entryOf, whyNotVoting } from '../membership/view.ts'
import type { StatusFacts } from './facts.ts'

/** The servers that there shall be and that ref does not list as up and voting. */
export function strangers({ view, wanted }: StatusFacts): string[] {
  if (view === undefined) return []
  if (view.epoch === 0) return ['the reference service does not know the servers yet']
  return wanted.flatMap((name) => {
    const entry = entryOf(view, name)
    if (entry === undefined) return [`${name} is not known to the reference service`]
    return whyNotVoting(entry) ?? []
  })
}

/** Says that fewer than a majority of the voters are up, and which are not. */
export function lacksMajority({ view }: StatusFacts): string | undefined {
  if (view === undefined || view.epoch === 0) return undefined
  const voters = view.servers.filter(({ voter }) => voter)
  // A leaving server still holds what it holds, and says so.
  const missing = voters.filter(({ state }) => state !== 'up' && state !== 'leaving')
  if (voters.length - missing.length > voters.length / 2) return undefined
  const names = missing.map(({ name, state }) => `${name} is ${state}`)
  return `${voters.length - missing.length} of ${voters.length} voting servers are up: ${names.join(', ')}`
}
