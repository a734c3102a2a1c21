import { z } from 'zod'
import { conditionOf, endpoints, observedGeneration } from './condition.ts'
import { field } from './fields.ts'

/** What a condition of a user says when it is `True`. */
export const USER_CONDITIONS = {
  Ready: 'The Secret is there, and whoever mounts it can log in and is a member of the channels',
} as const
export type UserConditionType = keyof typeof USER_CONDITIONS

const condition = conditionOf(Object.keys(USER_CONDITIONS) as readonly UserConditionType[])

const channel = z
  .string()
  .regex(/^[A-Za-z0-9._-]{1,64}$/)
  .max(64)

/** What a person asks for. */
export const USER_SPEC = field(
  z.object({
    cluster: field(
      z
        .string()
        .min(1)
        .max(40)
        .regex(/^[a-z]([-a-z0-9]*[a-z0-9])?$/),
      'The MessagingCluster, of the same namespace, that the user belongs to; it may come later',
      { rules: [{ rule: 'self == oldSelf', message: 'cluster cannot change: make another MessagingUser' }] },
    ),
    channels: field(
      z.array(channel).max(64).optional(),
      'Private channels that the user is to be a member of; none unless given. The operator makes those that are not there. It brings the user out again of those that are taken off the list, and of no others',
      {
        list: 'atomic',
        rules: [
          {
            rule: 'self.all(one, self.exists_one(other, other == one))',
            message: 'every channel is named once',
          },
        ],
      },
    ),
  }),
  'What is asked for',
)

/** What the operator found. */
export const USER_STATUS = field(
  z.object({
    observedGeneration: observedGeneration('The generation of the resource that the status speaks of'),
    conditions: field(z.array(condition).max(8).optional(), 'What holds of the user', { list: ['type'] }),
    clusterUid: field(
      z.string().max(128).optional(),
      'Of which cluster the status speaks: one made anew under the same name knows no users yet',
    ),
    secretName: field(
      z.string().max(253).optional(),
      'The Secret, of the same namespace, that holds the user’s keys',
    ),
    channels: field(
      z.array(channel).max(128).optional(),
      'The private channels that the operator brought the user into',
      { list: 'atomic' },
    ),
    endpoints,
  }),
  'What the operator found',
)

export type UserSpec = z.output<typeof USER_SPEC>
export type UserStatus = z.output<typeof USER_STATUS>
