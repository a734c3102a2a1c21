import { entryOf } from '../membership/view.ts'
import { COMPONENTS } from '../names.ts'
import { type StatusFacts, stalledDeployment } from './facts.ts'
import { roundedLag } from './lag.ts'
import type { Verdict } from './reasons.ts'

/** Progressing: whether something is on its way to what the resource asks, and what it waits for. */
export function progressing(facts: StatusFacts): Verdict {
  const { spec, scale, rollout, counts, wanted } = facts
  const yes = (reason: Verdict['reason'], message: string): Verdict => ({ status: 'True', reason, message })
  if (spec.paused) return { status: 'False', reason: 'Paused', message: 'spec.paused is true' }
  if (rollout.step === 'stalled') {
    return { status: 'False', reason: 'RolloutStalled', message: `${rollout.pod.name}: ${rollout.why}` }
  }
  const late = stalledDeployment(facts.observed)
  if (late !== undefined) return { status: 'False', reason: 'RolloutStalled', message: late }
  if (scale.leaving.length > 0) return yes('ScalingDown', drains(facts).join('; '))
  if (scale.replicas < spec.servers.replicas || wanted.length < spec.servers.replicas) {
    return yes(
      'ScalingUp',
      `Servers go from ${scale.replicas} to ${spec.servers.replicas}, once former ones are gone`,
    )
  }
  if (counts.server.updated < counts.server.desired && rollout.step === 'wait') {
    return yes(
      'Rolling',
      `${counts.server.updated} of ${counts.server.desired} servers are as asked; ${rollout.why}`,
    )
  }
  if (rollout.step === 'evict' || rollout.step === 'delete')
    return yes('Rolling', `${rollout.pod.name} is being replaced`)
  if (facts.keys?.rotation !== undefined) return yes('RotatingKeys', facts.keys.rotation)
  const unfinished = COMPONENTS.filter((component) => {
    const { desired, ready, updated } = counts[component]
    return ready < desired || updated < desired
  })
  if (unfinished.length > 0) {
    const parts = unfinished.map((component) => {
      return `${component}: ${counts[component].ready} of ${counts[component].desired} ready`
    })
    return yes('Starting', parts.join('; '))
  }
  if (rollout.step === 'wait') return yes('Rolling', rollout.why)
  return { status: 'False', reason: 'Settled', message: 'All is as the resource asks' }
}

/** What each server that is to leave waits for. */
export function drains({ scale, view, wanted }: StatusFacts): string[] {
  if (view === undefined || view.epoch === 0) {
    return [`${scale.leaving.join(', ')} must be drained first, and the reference service cannot be asked`]
  }
  return scale.leaving.map((name) => {
    const entry = entryOf(view, name)
    if (entry === undefined || view.report.wanted.includes(name)) return `${name} is being told to leave`
    if (entry.state === 'removed') return `${name} is drained; its pod goes next`
    const behind = wanted.flatMap((each) => {
      const other = entryOf(view, each)
      if (other === undefined) return [`${each} is unknown`]
      if (other.state !== 'up') return [`${each} is ${other.state}`]
      return other.lag > 0 ? [`${each} lacks about ${roundedLag(other.lag)} operations`] : []
    })
    const why = entry.drained
      ? 'what it held is on a majority of the rest'
      : 'a majority of the rest must hold all that it held'
    return `${name} is ${entry.state}: ${why}${behind.length > 0 ? ` (${behind.join(', ')})` : ''}`
  })
}
