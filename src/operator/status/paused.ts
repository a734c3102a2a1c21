import type { StatusFacts } from './facts.ts'
import type { Verdict } from './reasons.ts'

/** Paused: whether the operator leaves the cluster alone. */
export function paused({ spec }: StatusFacts): Verdict {
  if (!spec.paused) return { status: 'False', reason: 'NotPaused', message: 'The operator is at work' }
  return {
    status: 'True',
    reason: 'Paused',
    message:
      'spec.paused is true: the operator changes nothing; pods that fail are still replaced by Kubernetes',
  }
}
