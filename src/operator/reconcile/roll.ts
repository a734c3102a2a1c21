import type { KubeObject } from '../../ports/index.ts'
import { KINDS } from '../kinds.ts'
import { selectorLabels, selectorText, serverName } from '../names.ts'
import { children, wasApplied } from '../resources/index.ts'
import { countDeployment } from '../status/facts.ts'
import { observePods } from './observe.ts'
import { lookAgain, type Pass } from './pass.ts'
import { decideRollout, type RolloutFacts, type RolloutStep } from './rollout.ts'
import { keepClaimTemplates } from './storage.ts'

/** Before a budget that did not allow an eviction is asked again. */
const BLOCKED_MS = 10_000

/** Takes the next server whose pod is not as the newest template says, if it is time. */
export async function rollServers(pass: Pass): Promise<void> {
  const facts = rolloutFacts(pass)
  pass.rollout = decideRollout(facts)
  const { step } = pass.rollout
  if (step === 'wait' && pass.rollout.againAfterMs !== undefined) lookAgain(pass, pass.rollout.againAfterMs)
  if (step !== 'delete' && step !== 'evict') return
  // The watch may be behind: what another pass or another operator has begun shows only at the API server.
  const { namespace, name } = pass.cluster.metadata
  const labelSelector = selectorText(selectorLabels(name, 'server'))
  const live = await pass.options.api.list(KINDS.pod, { namespace, labelSelector })
  pass.rollout = decideRollout({ ...facts, pods: observePods(live) })
  await takeServer(pass, pass.rollout)
}

/** What rollouts are judged by; also while nothing may be done, for the status. */
export function rolloutFacts(pass: Pass): RolloutFacts {
  const { cluster, observed, memory, scale, options } = pass
  const { name } = cluster.metadata
  return {
    pods: observed.pods.filter(({ component }) => component === 'server'),
    wanted: Array.from({ length: scale.wanted }, (_, ordinal) => serverName(name, ordinal)),
    leaving: scale.leaving,
    revision: newestRevision(pass),
    view: memory.membership.view,
    busy: busyComponent(pass),
    now: options.time.wall(),
  }
}

/** Of the workloads between clients and servers, one whose pods are not all ready and of its newest template. */
function busyComponent({ cluster, observed, render }: Pass): string | undefined {
  const { ref, broker, proxy } = observed.deployments
  const rendered = children(cluster, render)
  const isSettled = (live: KubeObject): boolean => {
    const object = rendered.find(
      ({ kind, key }) => kind === KINDS.deployment && key.name === live.metadata.name,
    )?.object
    const { replicas } = live['spec'] as { replicas?: number }
    const { ready, updated } = countDeployment(live, replicas ?? 1)
    return object !== undefined && wasApplied(object, live) && Math.min(ready, updated) >= (replicas ?? 1)
  }
  return [ref, broker, proxy].find((live) => live !== undefined && !isSettled(live))?.metadata.name
}

async function takeServer(pass: Pass, next: RolloutStep): Promise<void> {
  if (next.step !== 'delete' && next.step !== 'evict') return
  const { options, cluster } = pass
  const { name, namespace, uid } = next.pod
  if (next.step === 'delete') {
    if (!(await options.api.delete(KINDS.pod, { namespace, name }, { uid }))) return
    options.events.record(cluster, {
      type: 'Normal',
      reason: 'ServerReplaced',
      action: 'Roll',
      note: `Deleted ${name}: ${next.why}`,
    })
    return
  }
  const outcome = await options.api.evict({ namespace, name }, { uid })
  if (outcome === 'evicted') {
    options.events.record(cluster, {
      type: 'Normal',
      reason: 'ServerReplaced',
      action: 'Roll',
      note: `Evicted ${name} so that it starts anew by the newest template`,
    })
  }
  if (outcome !== 'blocked') return
  pass.rollout = { step: 'wait', why: `a disruption budget does not allow ${name} to be evicted now` }
  lookAgain(pass, BLOCKED_MS)
}

/** The revision of the newest template, once the StatefulSet in the cache is the one rendered and its controller has seen it. */
function newestRevision({ cluster, observed, render }: Pass): string | undefined {
  const { statefulSet: live } = observed
  if (live === undefined || live.metadata.deletionTimestamp !== undefined) return undefined
  const rendered = children(cluster, render).find(({ kind }) => kind === KINDS.statefulSet)
    ?.object as KubeObject
  if (!wasApplied(keepClaimTemplates(rendered, live), live)) return undefined
  const status = live['status'] as { observedGeneration?: number; updateRevision?: string } | undefined
  return status?.observedGeneration === live.metadata.generation ? status?.updateRevision : undefined
}
