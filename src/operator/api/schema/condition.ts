import { z } from 'zod'
import { field } from './fields.ts'

/** A number that only rises. */
export const generation = z.int().min(0)

/** The generation of the resource that a status or a condition speaks of. */
export function observedGeneration(meaning: string) {
  return field(generation.optional(), meaning)
}

/** A condition as all of Kubernetes has them, of one of these types. */
export function conditionOf<const Types extends readonly string[]>(types: Types) {
  return z.object({
    type: field(z.enum(types), 'What it is about'),
    status: field(z.enum(['True', 'False', 'Unknown']), 'Whether it holds'),
    observedGeneration: observedGeneration('The generation of the resource that it speaks of'),
    lastTransitionTime: field(z.string().max(32), 'When `status` last changed', { format: 'date-time' }),
    reason: field(
      z
        .string()
        .max(128)
        .regex(/^[A-Z][A-Za-z0-9]*$/),
      'Why, in one word',
    ),
    message: field(z.string().max(4096), 'Why, for a person: what is wrong and what to do'),
  })
}

/** Where clients connect to. */
export const endpoints = field(
  z
    .object({
      requests: field(z.string().max(300).optional(), 'Where clients send requests'),
      publications: field(z.string().max(300).optional(), 'Where clients subscribe'),
    })
    .optional(),
  'Where clients connect to, from inside of Kubernetes',
)
