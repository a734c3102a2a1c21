import { KINDS } from '../../../src/operator/kinds.ts'
import { FIELD_MANAGER, GROUP } from '../../../src/operator/names.ts'
import type { KubeObject, ResourceKind } from '../../../src/ports/index.ts'
import type { Findings, Group, Scenario, World } from '../scenario.ts'
import { OPERATOR_NAMESPACE } from '../support/chart.ts'
import { countsOf, requestsOf } from '../support/metrics.ts'
import { Stage } from '../support/stage.ts'

const QUIET_S = 300
/** One every 2 s, and some for being late. */
const RENEWALS_MAX = QUIET_S / 2 + 10
/** What became of the last change dies away: conditions, heartbeats, and events, whose counts are written a minute later. */
const BEFORE_S = 75

const nothing: Scenario = {
  name: 'a quiet cluster',
  says: 'leave a cluster without clients alone for 5 minutes, and count what is written',
  deadlineMs: 480_000,
  run: quietCluster,
}

async function quietCluster(world: World): Promise<Findings> {
  const stage = await world.stage({})
  await stage.settled()
  await Stage.lasting(BEFORE_S)
  const [objects, requests] = [await versionsOf(world, stage), await writesOf(world)]
  await Stage.lasting(QUIET_S)
  const [objectsAfter, requestsAfter] = [await versionsOf(world, stage), await writesOf(world)]
  const changed = [...objectsAfter]
    .filter(([key, version]) => objects.get(key) !== version)
    .map(([key]) => key)
  const gone = [...objects.keys()].filter((key) => !objectsAfter.has(key))
  const counts = [...requestsAfter].map(
    ([labels, count]) => [labels, count - (requests.get(labels) ?? 0)] as const,
  )
  const renewals = sum(counts.filter(([labels]) => isRenewal(labels)))
  const writes = counts.filter(([labels, count]) => count > 0 && !isRenewal(labels))
  return {
    seen: [
      `${objectsAfter.size} objects, ${changed.length} changed`,
      `${renewals} Lease renewals and ${sum(writes)} other writes`,
    ],
    broken: [
      ...changed.map((key) => `${key} was written`),
      ...gone.map((key) => `${key} is gone`),
      ...writes.map(([labels, count]) => `the operator wrote ${count} times: ${labels}`),
      ...(renewals > RENEWALS_MAX ? [`the operator updated ${renewals} objects: more than renewals`] : []),
    ],
  }
}

/** Every object of the cluster's namespace, and of the operator's but its Lease, with its version. */
async function versionsOf(
  { kubernetes, release }: World,
  stage: Stage,
): Promise<Map<string, string | undefined>> {
  const found = new Map<string, string | undefined>()
  const lease = await release.leaseName()
  for (const kind of Object.values(KINDS).filter(({ namespaced }) => namespaced)) {
    for (const namespace of [stage.namespace, OPERATOR_NAMESPACE]) {
      for (const object of await kubernetes.list(kind, namespace).catch(noneOfUnknown)) {
        const { metadata } = object
        if ((kind === KINDS.lease && metadata.name === lease) || isOfOthers(kind, object)) continue
        found.set(`${kind.plural} ${namespace}/${metadata.name}`, metadata.resourceVersion)
      }
    }
  }
  return found
}

/** Nodes and the scheduler tell of their own doings, and count them up minutes later. */
function isOfOthers(kind: ResourceKind, object: KubeObject): boolean {
  return kind === KINDS.event && object['reportingController'] !== `${GROUP}/${FIELD_MANAGER}`
}

/** Kinds that no definition makes known have no objects; any other refusal would hide some. */
function noneOfUnknown(error: unknown): [] {
  if (String(error).includes('The API server answered 404')) return []
  throw error
}

/** Requests of all operators that may write, by their labels. */
async function writesOf(world: World): Promise<Map<string, number>> {
  const counts = new Map<string, number>()
  for (const text of await requestsOf(world)) {
    for (const [labels, count] of countsOf(text, 'recado_operator_requests_total')) {
      if (/verb="(?:get|list|watch|discover)"/.test(labels)) continue
      counts.set(labels, (counts.get(labels) ?? 0) + count)
    }
  }
  if (counts.size === 0) throw new Error('The operator counts no requests')
  return counts
}

/** Of all it writes, the operator updates nothing but its Lease: the rest it applies, merges, creates or deletes. */
function isRenewal(labels: string): boolean {
  return labels.includes('verb="update"')
}

function sum(counts: readonly (readonly [string, number])[]): number {
  return counts.reduce((total, [, count]) => total + count, 0)
}

export const quiet: Group = { title: 'At rest', scenarios: [nothing] }
