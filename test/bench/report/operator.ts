import type { Results } from './results.ts'
import { sessionText } from './speed.ts'

/** What the operator of many quiet clusters takes; measured by test/cluster. */
export interface OperatorResult {
  readonly clusters: number
  readonly pods: number
  /** Until all were Ready, in seconds. */
  readonly readyS: number
  /** Resident, of the operator that has more of it. */
  readonly memoryMiB: number
  /** To the API server, of all operators, when nothing happens. */
  readonly requestsPerMinute: number
}

export function operatorSection({ operator }: Results): string {
  if (operator === undefined) return 'Nothing has been measured yet.'
  const { clusters, pods, readyS, memoryMiB, requestsPerMinute } = operator
  return [
    `${sessionText('The operator', operator, '')} ${clusters} resources of one server, broker and proxy each in as many namespaces, ${pods} pods, applied five at a time; nodes, API server and pods share the machine. Measured by \`npm run test:e2e -- --only 'fifty clusters'\`.`,
    [
      '| the operator with ' + clusters + ' clusters | |',
      '|---|--:|',
      `| all are Ready after | ${readyS.toFixed(0)} s |`,
      `| resident memory of the operator that acts | ${memoryMiB.toFixed(0)} MiB |`,
      `| requests to the API server in a quiet minute, of both operators | ${requestsPerMinute.toFixed(0)} |`,
    ].join('\n'),
  ].join('\n\n')
}
