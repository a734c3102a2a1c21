import { z } from 'zod'
import { conditionOf, endpoints, generation, observedGeneration } from './condition.ts'
import { field } from './fields.ts'

/** What a condition says when it is `True`. */
export const CONDITIONS = {
  Ready: 'The cluster can be used, and all of it is as the resource asks',
  Progressing: 'The operator is bringing something about',
  Degraded: 'Something is wrong that somebody should look at',
  Paused: 'The operator leaves the cluster alone, as the resource asks',
  Warning: 'Nothing is wrong yet, but something is not as it should be',
} as const
export type ConditionType = keyof typeof CONDITIONS
const CONDITION_TYPES = Object.keys(CONDITIONS) as readonly ConditionType[]

const MEMBER_STATES = ['joining', 'up', 'suspect', 'leaving', 'down', 'removed', 'unknown'] as const

const count = (meaning: string) => field(z.int().min(0).max(1000).optional(), meaning)
const condition = conditionOf(CONDITION_TYPES)

const pods = {
  desired: count('How many pods there should be'),
  ready: count('How many are ready'),
  updated: count('How many are as the resource asks now'),
}

const component = (of: string) => field(z.object(pods).optional(), `The ${of}`)

const member = z.object({
  name: field(z.string().max(64), 'The server, which is its pod’s name'),
  rank: field(
    z.int().min(0).max(1_000_000).optional(),
    'Its rank: the live server of the lowest is coordinator',
  ),
  state: field(
    z.enum(MEMBER_STATES),
    'What the reference service says of it; `unknown` while it cannot be asked',
  ),
  lag: field(
    z.int().min(0).max(Number.MAX_SAFE_INTEGER).optional(),
    'By about how many operations it is behind: rounded up to 1, 2, 5, 10, 20, 50, ...',
  ),
})

/** What the operator found. */
export const STATUS = field(
  z.object({
    observedGeneration: observedGeneration('The generation of the resource that the status speaks of'),
    conditions: field(z.array(condition).max(16).optional(), 'What holds of the cluster', { list: ['type'] }),
    selector: field(z.string().max(512).optional(), 'The labels of the servers’ pods, as one text'),
    servers: field(
      z
        .object({
          replicas: count('How many pods of servers there are'),
          ...pods,
          members: field(
            z.array(member).max(64).optional(),
            'The servers, as the reference service knows them',
            {
              list: ['name'],
            },
          ),
        })
        .optional(),
      'The servers',
    ),
    brokers: component('brokers'),
    proxies: component('proxies'),
    ref: component('reference service'),
    clients: component('automatic clients'),
    coordinator: field(
      z.string().max(64).optional(),
      'The server that keeps the time: the live one of the lowest rank',
    ),
    epoch: field(
      z.int().min(0).max(Number.MAX_SAFE_INTEGER).optional(),
      'The number of the list of servers that count for a majority',
    ),
    keys: field(
      z
        .object({
          generation: field(generation, 'Raised at every change of what any process reads'),
          rotation: field(
            z.string().max(1024).optional(),
            'What the rotation that is under way waits for; absent when there is none',
          ),
          rotated: field(
            z.string().max(256).optional(),
            'The value of the annotation `recado.dev/rotate-keys` that was handled last',
          ),
          rotatedAt: field(z.string().max(32).optional(), 'When the last rotation ended', {
            format: 'date-time',
          }),
        })
        .optional(),
      'The keys of a secured cluster; never a key itself',
    ),
    version: field(z.string().max(512).optional(), 'The version that runs: the tag of the image'),
    endpoints,
  }),
  'What the operator found',
)

export type ClusterStatus = z.output<typeof STATUS>
export type Condition = z.output<typeof condition>
