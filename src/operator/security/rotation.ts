import type { Keyring } from './keyring.ts'

/** On a MessagingCluster: a value other than the one handled last asks for new keys. */
export const ROTATE_ANNOTATION = 'recado.dev/rotate-keys'

/** Of what asks for a rotation so much is kept and compared. */
const ASKED_CHARACTERS = 256

/**
 * Between the first step and the second: clients mount Secrets that kubelets read again each minute or so, and must have
 * learned the new key of the clients' ports before those prove it.
 */
const CLIENTS_MS = 120_000

const NAMED_MAX = 5

export interface RotationFacts {
  readonly keyring: Keyring
  /** The annotation of the resource, if it has one. */
  readonly asked: string | undefined
  /** Pods that have not read the step that is under way; undefined when nobody can be asked. */
  readonly unread: readonly string[] | undefined
  /** Since when, at least, the step that is under way has been written down, in ms. */
  readonly stepMs: number
}

export type RotationDecision =
  | { readonly step: 'none' }
  | { readonly step: 'begin'; readonly asked: string }
  | { readonly step: 'advance' }
  | { readonly step: 'end' }
  | { readonly step: 'wait'; readonly why: string; readonly againAfterMs?: number }

/** What a rotation of a cluster's keys does next. Pure: an operator that knows nothing of the last one's decides the same. */
export function decideRotation({ keyring, asked, unread, stepMs }: RotationFacts): RotationDecision {
  const { rotation, rotated } = keyring.state
  if (rotation === null) {
    const kept = askedFor(asked)
    return kept === undefined || kept === rotated ? { step: 'none' } : { step: 'begin', asked: kept }
  }
  const what = `step ${rotation.step} of 3`
  if (unread === undefined) {
    return { step: 'wait', why: `${what}: the reference service cannot be asked who has read it` }
  }
  if (unread.length > 0) return { step: 'wait', why: `${what} is to be read by ${named(unread)}` }
  if (rotation.step === 1 && stepMs < CLIENTS_MS) {
    const why = `${what}: clients are given ${CLIENTS_MS / 1000} s to read what they will meet`
    return { step: 'wait', why, againAfterMs: CLIENTS_MS - stepMs }
  }
  return { step: rotation.step === 3 ? 'end' : 'advance' }
}

/** What is compared of the annotation. */
export function askedFor(annotation: string | undefined): string | undefined {
  return annotation?.slice(0, ASKED_CHARACTERS)
}

export function named(names: readonly string[]): string {
  const shown = names.slice(0, NAMED_MAX).join(', ')
  return names.length > NAMED_MAX ? `${shown} and ${names.length - NAMED_MAX} more` : shown
}
