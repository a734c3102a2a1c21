import { type Component, selectorLabels } from '../../../src/operator/names.ts'
import { type PodFacts, podFacts } from '../../../src/operator/reconcile/pods.ts'
import type { KubeObject } from '../../../src/ports/index.ts'

export const NOW = Date.UTC(2026, 10, 24, 12)

interface PodOptions {
  readonly name?: string
  readonly component?: Component
  readonly revision?: string
  readonly ready?: boolean
  readonly node?: string
  /** The state of its container, as Kubernetes has it. */
  readonly state?: unknown
  readonly lastState?: unknown
  readonly restarts?: number
  /** Seconds ago. */
  readonly age?: number
  readonly unreadyFor?: number
  readonly scheduled?: { readonly reason?: string; readonly message: string }
  /** Seconds ago at which it should have been gone. */
  readonly due?: number
  readonly readyStatus?: string
  /** What the node said last of the containers. */
  readonly containersReady?: boolean
}

/** A pod as the API server gives it: server 0, ready, of revision `new`, unless told otherwise. */
export function podObject(options: PodOptions = {}): KubeObject {
  const {
    name = 'chat-server-0',
    component = 'server',
    revision = 'new',
    ready = true,
    node = 'node-1',
  } = options
  const {
    state = { running: {} },
    lastState,
    restarts = 0,
    age = 3600,
    unreadyFor = age,
    scheduled,
    due,
  } = options
  const time = (seconds: number): string => new Date(NOW - seconds * 1000).toISOString()
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: 'talk',
      uid: `uid-${name}`,
      creationTimestamp: time(age),
      labels: { ...selectorLabels('chat', component), 'controller-revision-hash': revision },
      ...(due !== undefined && { deletionTimestamp: time(due) }),
    },
    spec: { nodeName: node },
    status: {
      phase: 'Running',
      podIP: '10.0.0.1',
      conditions: [
        {
          type: 'Ready',
          status: options.readyStatus ?? (ready ? 'True' : 'False'),
          lastTransitionTime: time(unreadyFor),
        },
        ...(options.containersReady === undefined
          ? []
          : [{ type: 'ContainersReady', status: options.containersReady ? 'True' : 'False' }]),
        ...(scheduled === undefined ? [] : [{ type: 'PodScheduled', status: 'False', ...scheduled }]),
      ],
      containerStatuses: [
        {
          name: component,
          ready,
          restartCount: restarts,
          state,
          ...(lastState !== undefined && { lastState }),
        },
      ],
    },
  }
}

export function pod(options: PodOptions = {}): PodFacts {
  return podFacts(podObject(options)) as PodFacts
}
