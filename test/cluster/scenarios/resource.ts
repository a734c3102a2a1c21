import {
  brokenByLaterDefault,
  brokenChanges,
  brokenDefaults,
  brokenRefusals,
  brokenScale,
  brokenUsers,
} from '../resource/checks.ts'
import { GOOD, GOOD_CHANGES, REFUSALS, REFUSED_CHANGES } from '../resource/refusals.ts'
import { brokenObjects, brokenPods } from '../resource/rendered.ts'
import { type TRIED, Trial } from '../resource/trial.ts'
import { GOOD_USERS, REFUSED_USER_CHANGES, USER_REFUSALS } from '../resource/user-refusals.ts'
import type { Findings, Group, Scenario, World } from '../scenario.ts'
import { namespaceOf } from '../support/chart.ts'

const NAMESPACE = 'recado-e2e-resource'
const DEADLINE_MS = 180_000

const refusals: Scenario = {
  name: 'bad resources are refused',
  says: `${REFUSALS.length} bad resources, ${GOOD.length} good ones, ${REFUSED_CHANGES.length} bad and ${GOOD_CHANGES.length} good changes: the API server itself refuses the bad and names the field`,
  deadlineMs: DEADLINE_MS,
  run: (world) =>
    tried(world, async (trial) => [...(await brokenRefusals(trial)), ...(await brokenChanges(trial))]),
}

const users: Scenario = {
  name: 'bad users are refused',
  says: `${USER_REFUSALS.length} bad MessagingUsers, ${GOOD_USERS.length} good ones and ${REFUSED_USER_CHANGES.length} bad change: the API server itself refuses the bad and names the field`,
  deadlineMs: DEADLINE_MS,
  run: (world) => tried(world, brokenUsers, 'users'),
}

const defaults: Scenario = {
  name: 'a resource that says nothing',
  says: 'apply {}: the API server fills in what the program has, and the subresource scale is bounded',
  deadlineMs: DEADLINE_MS,
  run: (world) =>
    tried(world, async (trial) => [...(await brokenDefaults(trial)), ...(await brokenScale(trial))]),
}

const laterDefault: Scenario = {
  name: 'a later default changes no cluster',
  says: 'define another default for security.mode, change and replace a resource of before',
  deadlineMs: DEADLINE_MS,
  run: (world) => tried(world, brokenByLaterDefault),
}

const rendered: Scenario = {
  name: 'every rendered object is taken as it is',
  says: 'apply every object of every example, dry: strictly valid, restricted, and the same when it comes back',
  deadlineMs: DEADLINE_MS,
  run: (world) =>
    inNamespace(world, async () => [
      ...(await brokenObjects(world.kubernetes, NAMESPACE)),
      ...(await brokenPods(world.kubernetes, NAMESPACE)),
    ]),
}

function tried(
  world: World,
  check: (trial: Trial) => Promise<string[]>,
  what: keyof typeof TRIED = 'clusters',
): Promise<Findings> {
  return inNamespace(world, async () => {
    const trial = new Trial(world.kubernetes, NAMESPACE, what)
    try {
      await trial.define()
      return await check(trial)
    } finally {
      await trial.remove()
    }
  })
}

async function inNamespace({ kubernetes }: World, check: () => Promise<string[]>): Promise<Findings> {
  await kubernetes.apply(namespaceOf(NAMESPACE))
  // Pods are let in only once Kubernetes has made the namespace's account.
  await kubernetes.kubectl('wait', '-n', NAMESPACE, '--for=create', 'serviceaccount/default', '--timeout=30s')
  try {
    return { broken: await check() }
  } finally {
    await kubernetes.kubectl('delete', 'namespace', NAMESPACE, '--wait=true', '--timeout=60s')
  }
}

export const resource: Group = {
  title: 'The resource',
  scenarios: [refusals, users, defaults, laterDefault, rendered],
}
