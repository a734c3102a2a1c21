import type { ConditionType } from '../api/index.ts'

export interface Reason {
  /** The conditions that may have it. */
  readonly of: readonly ConditionType[]
  readonly meaning: string
  /** What to do; absent where there is nothing to do. */
  readonly cure?: string
}

/** Every reason that a condition of a MessagingCluster may have; docs/troubleshooting.md is made of it. */
export const REASONS = {
  AllReady: {
    of: ['Ready'],
    meaning: 'Every component is ready and as the resource asks, and all servers are up',
  },
  InvalidSpec: {
    of: ['Ready', 'Degraded'],
    meaning: 'The operator cannot read the resource: its definition is older or newer than the operator',
    cure: 'Change the field that the message names, or bring the definition to the operator’s version',
  },
  ComponentsNotReady: {
    of: ['Ready'],
    meaning: 'Pods are missing, not ready or not yet replaced; the message counts them',
    cure: 'Wait while Progressing is True; else see Degraded',
  },
  ReferenceSilent: {
    of: ['Ready', 'Degraded'],
    meaning:
      'The reference service does not answer the operator. Messaging goes on, scaling and rolling wait',
    cure: 'See why the pod of ref is not ready, and whether a NetworkPolicy keeps the operator from its port: 5562, in open mode 5559',
  },
  ServersNotUp: {
    of: ['Ready'],
    meaning:
      'The reference service does not list all servers as up and voting; the message says which are what',
    cure: 'Wait while they catch up; else read the log of the server that is named',
  },
  NoCoordinator: {
    of: ['Ready', 'Degraded'],
    meaning: 'The servers follow no coordinator, or do not agree on one yet',
    cure: 'Wait some seconds; else see which servers are not up, and whether they reach each other',
  },
  NoMajority: {
    of: ['Ready', 'Degraded'],
    meaning: 'Fewer than a majority of the voting servers are up: nothing can be acknowledged',
    cure: 'Bring back servers until a majority is up; the message names those that are not. No data is lost meanwhile',
  },
  Settled: {
    of: ['Progressing'],
    meaning: 'All is as the resource asks, as far as the operator can bring it about',
  },
  ScalingUp: { of: ['Progressing'], meaning: 'Servers are being added; one counts once it has caught up' },
  ScalingDown: {
    of: ['Progressing'],
    meaning: 'Servers are being drained, then taken off; the message says what each waits for',
    cure: 'A drain needs a majority of the remaining servers up, holding all that there is: see which is not',
  },
  Rolling: {
    of: ['Progressing'],
    meaning: 'Servers are being replaced, one at a time; the message says what it waits for',
  },
  RotatingKeys: {
    of: ['Progressing'],
    meaning:
      'The cluster’s keys give way to new ones, in three steps; the message says whom a step waits for',
    cure: 'Wait; when it names a pod for long, see why that pod is not ready. Nothing is lost meanwhile: old keys hold until all have the new',
  },
  Starting: { of: ['Progressing'], meaning: 'Pods are being made, replaced or are starting' },
  RolloutStalled: {
    of: ['Progressing', 'Degraded'],
    meaning:
      'A pod made by the newest template has not become ready in five minutes; the others are left alone',
    cure: 'See why that pod is not ready, and correct the resource: the next template replaces it at once',
  },
  Paused: {
    of: ['Progressing', 'Paused'],
    meaning: 'spec.paused is true: the operator changes nothing but this status',
  },
  NotPaused: { of: ['Paused'], meaning: 'The operator is at work' },
  Healthy: { of: ['Degraded'], meaning: 'Nothing is known to be wrong' },
  KeysLost: {
    of: ['Ready', 'Degraded'],
    meaning:
      'The Secret NAME-keys of a secured cluster is gone. What runs goes on with the keys it has; users and keys cannot change',
    cure: 'Put the Secret back from a copy. Without one delete NAME-server-keys: new keys are made, and users must be new too',
  },
  KeysUnreadable: {
    of: ['Ready', 'Degraded'],
    meaning:
      'The Secret NAME-keys is not as the operator wrote it; the message names the file. What runs goes on',
    cure: 'Put it back as it was',
  },
  KeysNotRead: {
    of: ['Degraded'],
    meaning: 'A pod has not read its newest keys for a minute: what was revoked may still be let in there',
    cure: 'See whether its node is well and what its log says of keys; at the worst delete the pod: it starts with the newest',
  },
  ApiRefused: {
    of: ['Degraded'],
    meaning: 'The API server refused something that the operator asked of it; the message has its words',
    cure: 'A missing permission: upgrade the chart. A quota or a policy: widen it. It is tried again within half a minute',
  },
  NodeGone: {
    of: ['Degraded'],
    meaning: 'A pod’s node is silent, so nobody knows whether it still runs; the operator forces nothing',
    cure: 'When the node is really off: kubectl taint nodes NODE node.kubernetes.io/out-of-service=nodeshutdown:NoExecute',
  },
  ImagePullBackOff: {
    of: ['Degraded'],
    meaning: 'A node cannot get the image, and waits before it tries again',
    cure: 'Check spec.image.name and spec.image.pullSecrets, and that the node reaches the registry',
  },
  ErrImagePull: {
    of: ['Degraded'],
    meaning: 'A node cannot get the image',
    cure: 'Check spec.image.name and spec.image.pullSecrets, and that the node reaches the registry',
  },
  InvalidImageName: {
    of: ['Degraded'],
    meaning: 'The image’s name cannot be read',
    cure: 'Correct spec.image.name',
  },
  ErrImageNeverPull: {
    of: ['Degraded'],
    meaning: 'The node does not have the image, and pulling is switched off',
    cure: 'Load the image into the node, or change spec.image.pullPolicy',
  },
  CrashLoopBackOff: {
    of: ['Degraded'],
    meaning: 'A process ends soon after each start; the message has its last words',
    cure: 'Look the error code up in docs/errors.md, and read kubectl logs --previous of that pod',
  },
  ContainerNotStarted: {
    of: ['Degraded'],
    meaning: 'A node cannot start the container; the message has its words',
    cure: 'See kubectl describe pod; often a setting of the template in the resource',
  },
  VolumeUnbound: {
    of: ['Degraded'],
    meaning: 'A server waits for its volume',
    cure: 'See kubectl describe pvc: the StorageClass may not exist, have no provisioner, or no room',
  },
  Unschedulable: {
    of: ['Degraded'],
    meaning: 'No node takes a pod; the message has the scheduler’s words',
    cure: 'Add nodes or room, or ask for less: the template’s resources, nodeSelector, affinity, tolerations',
  },
  EvenServers: {
    of: ['Warning'],
    meaning: 'An even number of servers bears no more failures than one less',
    cure: 'Set spec.servers.replicas to an odd number',
  },
  StorageNotExpandable: {
    of: ['Warning'],
    meaning: 'The volumes cannot grow to spec.servers.storage.size; the message has the API server’s words',
    cure: 'Set allowVolumeExpansion: true on the StorageClass if its driver can, or move to a new cluster',
  },
  VolumeResizePending: {
    of: ['Warning'],
    meaning: 'A volume has grown, and its file system grows when the pod starts next',
    cure: 'Delete that pod when it suits: kubectl delete pod; the others go on meanwhile',
  },
  NoWarnings: { of: ['Warning'], meaning: 'Nothing to warn of' },
} as const satisfies Record<string, Reason>

export type ReasonName = keyof typeof REASONS

/** What one condition says now. */
export interface Verdict {
  readonly status: 'True' | 'False'
  readonly reason: ReasonName
  readonly message: string
}
