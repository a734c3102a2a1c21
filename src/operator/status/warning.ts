import type { KubeObject } from '../../ports/index.ts'
import type { StatusFacts } from './facts.ts'
import type { Problem } from './pod-problems.ts'
import type { Verdict } from './reasons.ts'

/** Warning: it works as asked, but something about what is asked is not wise, or waits for a person. */
export function warning({ spec, observed, growth }: StatusFacts): Verdict {
  const warnings: Problem[] = []
  if (growth !== undefined) warnings.push({ reason: 'StorageNotExpandable', message: growth })
  for (const { name, object } of observed.claims) {
    if (!waitsForPod(object)) continue
    const message = `${name} has grown; its file system grows when the server’s pod is started anew`
    warnings.push({ reason: 'VolumeResizePending', message })
  }
  const { replicas } = spec.servers
  if (replicas % 2 === 0) {
    const message = `${replicas} servers bear the loss of ${replicas / 2 - 1}, as ${replicas - 1} do`
    warnings.push({ reason: 'EvenServers', message })
  }
  const [first] = warnings
  if (first === undefined) return { status: 'False', reason: 'NoWarnings', message: 'Nothing to warn of' }
  return { status: 'True', reason: first.reason, message: warnings.map(({ message }) => message).join('; ') }
}

function waitsForPod(claim: KubeObject): boolean {
  const status = claim['status'] as { conditions?: readonly { type: string; status: string }[] } | undefined
  return (
    status?.conditions?.some((each) => each.type === 'FileSystemResizePending' && each.status === 'True') ??
    false
  )
}
