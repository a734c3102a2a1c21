import type { KubeEvent, KubeObject } from '../../ports/index.ts'
import { KINDS } from '../kinds.ts'
import { FIELD_MANAGER } from '../names.ts'
import { formatMicroTimestamp } from '../timestamps.ts'

/** Something that was said of an object. */
export interface Occurrence {
  /** The Event's own name. */
  readonly name: string
  readonly regarding: KubeObject
  readonly event: KubeEvent
  /** Wall clock, ms. */
  readonly at: number
}

/** Longer notes are refused. */
const NOTE_BYTES_MAX = 1024
const INSTANCE_CHARACTERS_MAX = 128

export function eventObject({ name, regarding, event, at }: Occurrence, instance: string): KubeObject {
  const { namespace = 'default', name: of, uid, resourceVersion } = regarding.metadata
  return {
    apiVersion: KINDS.event.apiVersion,
    kind: KINDS.event.kind,
    metadata: { name, namespace },
    eventTime: formatMicroTimestamp(at),
    reportingController: `recado.dev/${FIELD_MANAGER}`,
    reportingInstance: instance.slice(0, INSTANCE_CHARACTERS_MAX),
    type: event.type,
    reason: event.reason,
    action: event.action,
    note: cut(event.note),
    regarding: {
      apiVersion: regarding.apiVersion,
      kind: regarding.kind,
      name: of,
      namespace: regarding.metadata.namespace,
      uid,
      resourceVersion,
    },
  }
}

export function seriesOf(count: number, lastAt: number): { count: number; lastObservedTime: string } {
  return { count, lastObservedTime: formatMicroTimestamp(lastAt) }
}

function cut(note: string): string {
  const bytes = new TextEncoder().encode(note)
  if (bytes.length <= NOTE_BYTES_MAX) return note
  // Half a character at the cut becomes a replacement character of three bytes: leave room for it.
  return `${new TextDecoder().decode(bytes.subarray(0, NOTE_BYTES_MAX - 6))}…`
}
