export interface UserReason {
  readonly meaning: string
  /** What to do; absent where there is nothing to do. */
  readonly cure?: string
}

/** Every reason that the condition Ready of a MessagingUser may have; docs/troubleshooting.md is made of it. */
export const USER_REASONS = {
  Ready: {
    meaning: 'The Secret is there, its key is known, the name is the user’s own, and it is in its channels',
  },
  KeyPending: {
    meaning: 'The pair of keys is being made, or brokers and proxies have not read yet that it is listed',
    cure: 'Wait some seconds; the message says for whom. Of a paused cluster: set its spec.paused to false',
  },
  LoginPending: {
    meaning:
      'The operator has not logged the user in yet, which makes the name its own; the message says why',
    cure: 'Wait while servers start. When the secret is wrong somebody has the name already: take another, or give the name back by a permit for the secret in the user’s Secret',
  },
  ChannelsPending: {
    meaning:
      'The user was not brought into all of spec.channels yet, or not out of a former one; the message says why',
    cure: 'Of a channel that is public: name another. Of one that is private to others: let a member invite the user',
  },
  ClusterNotFound: {
    meaning: 'The namespace has no MessagingCluster of that name, or it is being deleted',
    cure: 'Make the MessagingCluster, or delete this user and make one that names another',
  },
  ClusterOpen: {
    meaning: 'The cluster is in open mode: it knows no keys, so there is no Secret. Programs connect without',
    cure: 'None is needed; for keys make a cluster of spec.security.mode secured',
  },
  SecretTaken: {
    meaning: 'A Secret of that name is there which is not this user’s; the operator leaves it alone',
    cure: 'Rename or delete that Secret',
  },
  TooManyUsers: {
    meaning: 'The cluster has as many users as one Secret can list; who was made last is left out',
    cure: 'Delete users that nobody needs, or make a second cluster',
  },
  ApiRefused: {
    meaning: 'The API server refused something that the operator asked for; the message has its words',
    cure: 'A missing permission: upgrade the chart. A quota or a policy: widen it',
  },
} as const satisfies Record<string, UserReason>

export type UserReasonName = keyof typeof USER_REASONS

/** What the condition Ready of a user says now. */
export interface UserVerdict {
  readonly status: 'True' | 'False'
  readonly reason: UserReasonName
  readonly message: string
}
