import type { ResourceKind } from '../../ports/index.ts'
import { parseAnswer } from './answers.ts'
import { groupPath } from './paths.ts'
import type { Requests } from './requests.ts'

const DEADLINE_MS = 10_000

/** Which of these kinds the API server has now. @throws KubeError */
export async function servedOf(
  requests: Requests,
  kinds: readonly ResourceKind[],
): Promise<readonly ResourceKind[]> {
  const groups = [...new Set(kinds.map(({ apiVersion }) => apiVersion))]
  const plurals = new Set<string>()
  for (const group of groups) {
    const request = { method: 'GET', path: groupPath(group), deadlineMs: DEADLINE_MS } as const
    const response = await requests.send('discover', request)
    if (response.status === 404) continue
    const resources = parseAnswer(response)['resources']
    for (const { name } of (resources ?? []) as readonly { name: string }[]) plurals.add(`${group}/${name}`)
  }
  return kinds.filter(({ apiVersion, plural }) => plurals.has(`${apiVersion}/${plural}`))
}
