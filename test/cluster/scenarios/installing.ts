import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import { KINDS } from '../../../src/operator/kinds.ts'
import { findPython } from '../../interop/tools.ts'
import { type Entrance, until } from '../../support/load.ts'
import { ROOT } from '../../tidy/tree.ts'
import type { Findings, Group, Scenario, World } from '../scenario.ts'
import { OPERATOR_NAMESPACE } from '../support/chart.ts'
import { text } from '../support/command.ts'
import { Stage } from '../support/stage.ts'

const READY_MS = 30_000

const install: Scenario = {
  name: 'a first cluster',
  says: 'helm install; apply the smallest resource; helm test; a Python client publishes and reads, from outside',
  short: true,
  installs: true,
  deadlineMs: 300_000,
  run: firstCluster,
}

const examples: Scenario = {
  name: 'the examples',
  says: 'apply each file of examples/kubernetes as it is',
  deadlineMs: 900_000,
  run: everyExample,
}

const permissions: Scenario = {
  name: 'the operator’s permissions',
  says: 'ask the API server what the operator may not do',
  deadlineMs: 60_000,
  run: refusedPermissions,
}

export const installing: Group = { title: 'Installing', scenarios: [install, permissions, examples] }

async function firstCluster({ kubernetes, release, spec, tell }: World): Promise<Findings> {
  const broken: string[] = []
  if (await release.isInstalled()) await release.uninstall()
  const installedAt = performance.now()
  await release.install()
  const installMs = performance.now() - installedAt
  const stage = new Stage(kubernetes, OPERATOR_NAMESPACE, { spec })
  try {
    const appliedAt = performance.now()
    await stage.apply({})
    await stage.ready()
    const readyMs = performance.now() - appliedAt
    if (readyMs > READY_MS) broken.push(`Ready after ${Math.round(readyMs)} ms`)
    tell('helm test')
    await release.test()
    tell('a Python client')
    const lines = await python(await stage.entrance())
    if (!lines.some((line) => /^(?:kitchen ana|channel\/kitchen\/) ol/.test(line)))
      broken.push(`Python read ${lines.join('; ')}`)
    if (broken.length > 0) tell(await stage.story())
    return {
      seen: [`installed in ${inSeconds(installMs)}`, `Ready ${inSeconds(readyMs)} after it was applied`],
      broken,
    }
  } catch (error) {
    tell(await stage.story().catch(String))
    throw error
  } finally {
    await removeResource(stage)
  }
}

/** The page that a person copies from, with what it prints. */
async function python({ brokerAddress, proxyAddress, keysDir }: Entrance): Promise<string[]> {
  const found = findPython()
  if ('missing' in found) throw new Error(found.missing)
  const args =
    keysDir === undefined
      ? ['examples/python/client.py', 'send', 'ana', 'kitchen', 'olá', 'ana']
      : ['examples/python/secured.py', keysDir, 'ana', 'the secret of ana', 'kitchen', 'olá']
  const env = { RECADO_BROKER: brokerAddress, RECADO_PROXY: proxyAddress }
  return (await text(found.command, args, { env, folder: ROOT })).split('\n')
}

/** Deletes the resource and its volumes; the operator's namespace stays. */
async function removeResource(stage: Stage): Promise<void> {
  const { kubernetes, namespace, name } = stage
  stage.close()
  await kubernetes.kubectl('delete', 'mc', name, '-n', namespace, '--ignore-not-found', '--timeout=60s')
  const selector = `app.kubernetes.io/instance=${name}`
  await until(90_000, async () => {
    const pods = await kubernetes.list(KINDS.pod, namespace, selector)
    return pods.length === 0 || `${pods.length} pods are still there`
  })
  // What stays of a cluster: its volumes, and its keys with them.
  await kubernetes.kubectl('delete', 'pvc,secret', '-n', namespace, '-l', selector, '--timeout=60s')
}

const FORBIDDEN: readonly (readonly string[])[] = [
  // It reads and makes those with keys; RBAC cannot tell them from others. None is ever written over whole.
  ['update', 'secrets'],
  ['deletecollection', 'secrets'],
  ['get', 'configmaps'],
  ['create', 'pods'],
  ['patch', 'nodes'],
  ['delete', 'nodes'],
  ['delete', 'messagingclusters.recado.dev'],
  ['create', 'messagingclusters.recado.dev'],
  ['create', 'messagingusers.recado.dev'],
  ['patch', 'messagingusers.recado.dev'],
  ['create', 'clusterroles.rbac.authorization.k8s.io'],
  ['create', 'rolebindings.rbac.authorization.k8s.io'],
  ['patch', 'customresourcedefinitions.apiextensions.k8s.io'],
  ['create', 'pods/exec'],
  ['delete', 'namespaces'],
]

async function refusedPermissions({ kubernetes, release }: World): Promise<Findings> {
  const [pod] = await release.pods()
  const account = (pod?.['spec'] as { serviceAccountName?: string } | undefined)?.serviceAccountName
  if (account === undefined) throw new Error('No operator runs')
  const user = `--as=system:serviceaccount:${OPERATOR_NAMESPACE}:${account}`
  const allowed: string[] = []
  const unclear: string[] = []
  for (const what of FORBIDDEN) {
    // It ends with 1 when the answer is no.
    const answer = await kubernetes.kubectl('auth', 'can-i', ...what, '-A', user).catch(String)
    if (answer.trim() === 'yes') allowed.push(what.join(' '))
    else if (!/ended with 1: no\b/.test(answer)) unclear.push(`${what.join(' ')}: ${answer}`)
  }
  // The same question must be answered with yes for what it does need, or it was put wrongly.
  const needed = await kubernetes
    .kubectl('auth', 'can-i', 'patch', 'statefulsets.apps', '-A', user)
    .catch(String)
  return {
    seen: [`${FORBIDDEN.length - allowed.length - unclear.length} things refused`],
    broken: [
      ...allowed.map((what) => `the operator may ${what}`),
      ...unclear.map((what) => `it was not answered whether it may ${what}`),
      ...(needed.trim() === 'yes' ? [] : [`the operator may not patch statefulsets: ${needed}`]),
    ],
  }
}

async function everyExample({ kubernetes, tell }: World): Promise<Findings> {
  const folder = join(ROOT, 'examples', 'kubernetes')
  const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'))
  if (files.length === 0) throw new Error('There are no examples')
  const broken: string[] = []
  for (const file of files) {
    const manifests = parseAllDocuments(readFileSync(join(folder, file), 'utf8')).map((each) => each.toJS())
    const { metadata } = manifests.find(({ kind }) => kind === KINDS.messagingCluster.kind) ?? {}
    if (metadata === undefined) {
      broken.push(`${file} holds no MessagingCluster`)
      continue
    }
    tell(file)
    const stage = new Stage(kubernetes, `recado-e2e-example-${file.replace('.yaml', '')}`, {
      name: metadata.name,
    })
    try {
      await stage.remove()
      await stage.begin()
      await kubernetes.kubectl('apply', '-n', stage.namespace, '-f', join(folder, file))
      await stage.settled()
    } catch (error) {
      broken.push(`${file}: ${String(error)}`)
      tell(await stage.story().catch(String))
    } finally {
      await stage.remove()
    }
  }
  return { seen: [`${files.length} files, each Ready`], broken }
}

function inSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}
