import { named } from '../security/index.ts'
import { type StatusFacts, stalledDeployment } from './facts.ts'
import { type Problem, problemOf } from './pod-problems.ts'
import type { Verdict } from './reasons.ts'
import { lacksMajority } from './servers.ts'

const MESSAGES_MAX = 6
/** What every start takes is not worth an alarm: a ref that was ready for so long has had its time to answer. */
const SILENT_MS = 15_000

/** Degraded: something is wrong that does not mend itself, or that people should know of while it does. */
export function degraded(facts: StatusFacts): Verdict {
  const problems = [
    ...keyProblems(facts),
    ...podProblems(facts),
    ...refusals(facts),
    ...serverProblems(facts),
  ]
  const [first] = problems
  if (first === undefined)
    return { status: 'False', reason: 'Healthy', message: 'Nothing is known to be wrong' }
  const messages = problems.slice(0, MESSAGES_MAX).map(({ message }) => message)
  const more = problems.length > MESSAGES_MAX ? [`and ${problems.length - MESSAGES_MAX} more`] : []
  return { status: 'True', reason: first.reason, message: [...messages, ...more].join('; ') }
}

function keyProblems({ keys }: StatusFacts): Problem[] {
  if (keys === undefined) return []
  const { problem, unread } = keys
  const problems: Problem[] = problem === undefined ? [] : [problem]
  if (unread.length === 0) return problems
  return [
    ...problems,
    { reason: 'KeysNotRead', message: `The newest keys have long not been read by ${named(unread)}` },
  ]
}

function podProblems({ observed, now, rollout }: StatusFacts): Problem[] {
  const problems = observed.pods.flatMap((pod) => problemOf(pod, now) ?? [])
  const late = stalledDeployment(observed)
  const why = rollout.step === 'stalled' ? `${rollout.pod.name}: ${rollout.why}` : late
  return why === undefined ? problems : [...problems, { reason: 'RolloutStalled', message: why }]
}

function refusals({ failures }: StatusFacts): Problem[] {
  return failures
    .filter(({ error }) => error.status !== 409)
    .map(({ step, error }) => ({ reason: 'ApiRefused', message: `${step}: ${error.message}` }))
}

function serverProblems(facts: StatusFacts): Problem[] {
  const { view, observed, now } = facts
  const majority = lacksMajority(facts)
  // Servers that catch up do what they should.
  const isStarting = view?.servers.every(
    ({ voter, state }) => !voter || state === 'joining' || state === 'up',
  )
  if (majority !== undefined && isStarting !== true) return [{ reason: 'NoMajority', message: majority }]
  if (view === undefined) {
    const since = observed.pods.filter(({ component, ready }) => component === 'ref' && ready)
    if (!since.some(({ readyChangedAt }) => now - readyChangedAt >= SILENT_MS)) return []
    return [
      {
        reason: 'ReferenceSilent',
        message: 'The reference service is ready and does not answer the operator',
      },
    ]
  }
  if (view.epoch > 0 && view.coordinator === '' && isStarting !== true) {
    return [{ reason: 'NoCoordinator', message: 'The servers follow no coordinator' }]
  }
  return []
}
