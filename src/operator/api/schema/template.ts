import { z } from 'zod'
import { annotations, field, labels, matchLabels, objectName, quantity } from './fields.ts'

/** What a component's pods ask for when the resource does not say. */
export interface ResourceDefaults {
  readonly cpu: string
  readonly memory: string
  readonly memoryLimit: string
}

/** What people may say about a component's pods: a narrow form of a pod's template. */
export function template(defaults: ResourceDefaults) {
  return field(
    z
      .object({
        labels: labels('Labels added to the pods'),
        annotations: annotations('Annotations added to the pods'),
        resources: resources(defaults),
        nodeSelector: matchLabels('Labels that a node must have to run the pods'),
        tolerations: field(
          z.array(toleration).max(16).optional(),
          'Taints of nodes that the pods put up with',
          {
            list: 'atomic',
          },
        ),
        affinity: field(
          z.looseObject({}).meta({ 'x-kubernetes-preserve-unknown-fields': true }).optional(),
          'Node, pod and anti-affinity of the pods, as in a pod’s `spec.affinity`',
        ),
        spread: field(
          z
            .array(spreadConstraint)
            .max(8)
            .default(() => [...SPREAD]),
          'How evenly the pods are spread over nodes, zones, ...; an empty list for not at all',
          // As a whole: who names one place does not want the default's others beside it.
          {
            list: 'atomic',
            rules: [
              {
                rule: 'self.all(one, self.exists_one(other, other.topologyKey == one.topologyKey))',
                message: 'every topologyKey is named once',
              },
            ],
          },
        ),
        priorityClassName: field(objectName.optional(), 'The PriorityClass of the pods'),
      })
      .prefault({}),
    'What is said of the pods',
  )
}

function resources({ cpu, memory, memoryLimit }: ResourceDefaults) {
  return field(
    z
      .object({
        requests: field(
          z
            .object({
              cpu: quantity('Processors kept free for each pod', cpu),
              memory: quantity('Memory kept free for each pod', memory),
            })
            .prefault({}),
          'What a node must have free to take a pod',
        ),
        limits: field(
          z
            .object({
              cpu: quantity('Processors a pod may use; no limit unless given'),
              memory: quantity('Memory a pod may use before it is ended', memoryLimit),
            })
            .prefault({}),
          'What a pod may use at most',
        ),
      })
      // The API server checks a default by the rules before it fills in what is below: so it is whole.
      .prefault({ requests: { cpu, memory }, limits: { memory: memoryLimit } }),
    'Processors and memory of each pod',
    {
      rules: [
        {
          rule: 'quantity(string(self.requests.memory)).compareTo(quantity(string(self.limits.memory))) <= 0',
          message: 'requests.memory is at most limits.memory',
          fieldPath: '.requests.memory',
        },
        {
          rule: '!has(self.limits.cpu) || quantity(string(self.requests.cpu)).compareTo(quantity(string(self.limits.cpu))) <= 0',
          message: 'requests.cpu is at most limits.cpu',
          fieldPath: '.requests.cpu',
        },
      ],
    },
  )
}

const TOLERATION_RULES = [
  {
    rule: "has(self.key) || self.operator == 'Exists'",
    message: 'a toleration without a key has the operator Exists: it is of all taints',
  },
  {
    rule: "!has(self.value) || self.operator == 'Equal'",
    message: 'a toleration with the operator Exists has no value',
  },
  {
    rule: "!has(self.tolerationSeconds) || (has(self.effect) && self.effect == 'NoExecute')",
    message: 'tolerationSeconds goes with the effect NoExecute',
  },
]

const toleration = z
  .object({
    key: field(z.string().max(317).optional(), 'The taint’s key; none for all'),
    operator: field(z.enum(['Exists', 'Equal']).default('Equal'), 'Whether the value counts'),
    value: field(z.string().max(63).optional(), 'The taint’s value, with `Equal`'),
    effect: field(
      z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']).optional(),
      'The taint’s effect; none for all',
    ),
    tolerationSeconds: field(
      z.int().min(0).max(86_400).optional(),
      'How long a pod stays, with `NoExecute`; for ever unless given',
    ),
  })
  .meta({ 'x-kubernetes-validations': TOLERATION_RULES })

const spreadConstraint = z.object({
  topologyKey: field(z.string().min(1).max(317), 'The label of nodes that tells places apart'),
  maxSkew: field(z.int().min(1).max(16).default(1), 'By how many pods two places may differ'),
  whenUnsatisfiable: field(
    z.enum(['ScheduleAnyway', 'DoNotSchedule']).default('ScheduleAnyway'),
    'What happens to a pod that would break it',
  ),
})

const SPREAD = ['kubernetes.io/hostname', 'topology.kubernetes.io/zone'].map((topologyKey) => ({
  topologyKey,
  maxSkew: 1,
  whenUnsatisfiable: 'ScheduleAnyway' as const,
}))
