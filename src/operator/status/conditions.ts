import type { KubeObject } from '../../ports/index.ts'
import { formatTimestamp } from '../timestamps.ts'

const MESSAGE_CHARACTERS = 1024

/** What one condition says now. */
interface Saying {
  readonly status: 'True' | 'False'
  readonly reason: string
  readonly message: string
}

interface Former<Type> {
  readonly metadata: KubeObject['metadata']
  readonly status?:
    | {
        readonly conditions?:
          | readonly { readonly type: Type; readonly status: string; readonly lastTransitionTime: string }[]
          | undefined
      }
    | undefined
}

/** The conditions of a resource: each keeps since when it says what it says. @param now wall ms */
export function conditionsOf<Type extends string>(
  verdicts: readonly (readonly [Type, Saying])[],
  { metadata, status: former }: Former<Type>,
  now: number,
) {
  const { generation } = metadata
  return verdicts.map(([type, { status, reason, message }]) => {
    const before = former?.conditions?.find((each) => each.type === type)
    return {
      type,
      status,
      ...(generation !== undefined && { observedGeneration: generation }),
      lastTransitionTime: before?.status === status ? before.lastTransitionTime : formatTimestamp(now),
      reason,
      message: message.slice(0, MESSAGE_CHARACTERS),
    }
  })
}

/** A status without the times at which conditions changed: those are as of now, and tell two writings of the same apart. */
export function undated(
  status: { readonly conditions?: readonly object[] | undefined } | undefined,
): unknown {
  return { ...status, conditions: status?.conditions?.map((each) => ({ ...each, lastTransitionTime: '' })) }
}
