import type { StatusFacts } from './facts.ts'
import { type Problem, problemOf } from './pod-problems.ts'
import type { Verdict } from './reasons.ts'
import { lacksMajority } from './servers.ts'

/** The reference service is replaced within seconds; what is longer is worth a look. */
const MESSAGES_MAX = 6

/** Degraded: something is wrong that does not mend itself, or that people should know of while it does. */
export function degraded(facts: StatusFacts): Verdict {
  const problems = [...podProblems(facts), ...refusals(facts), ...serverProblems(facts)]
  const [first] = problems
  if (first === undefined)
    return { status: 'False', reason: 'Healthy', message: 'Nothing is known to be wrong' }
  const messages = problems.slice(0, MESSAGES_MAX).map(({ message }) => message)
  const more = problems.length > MESSAGES_MAX ? [`and ${problems.length - MESSAGES_MAX} more`] : []
  return { status: 'True', reason: first.reason, message: [...messages, ...more].join('; ') }
}

function podProblems({ observed, now, rollout }: StatusFacts): Problem[] {
  const problems = observed.pods.flatMap((pod) => problemOf(pod, now) ?? [])
  if (rollout.step !== 'stalled') return problems
  const stalled: Problem = { reason: 'RolloutStalled', message: `${rollout.pod.name}: ${rollout.why}` }
  return [...problems, stalled]
}

function refusals({ failures }: StatusFacts): Problem[] {
  return failures
    .filter(({ error }) => error.status !== 409)
    .map(({ step, error }) => ({ reason: 'ApiRefused', message: `${step}: ${error.message}` }))
}

function serverProblems(facts: StatusFacts): Problem[] {
  const { view, counts } = facts
  const majority = lacksMajority(facts)
  if (majority !== undefined) return [{ reason: 'NoMajority', message: majority }]
  if (view === undefined) {
    // While its pod starts or is replaced, silence is as it should be.
    if (counts.ref.ready === 0) return []
    return [
      {
        reason: 'ReferenceSilent',
        message: 'The reference service is ready and does not answer the operator',
      },
    ]
  }
  if (view.epoch > 0 && view.coordinator === '') {
    return [{ reason: 'NoCoordinator', message: 'The servers follow no coordinator' }]
  }
  return []
}
