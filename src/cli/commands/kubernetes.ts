import { randomUUID } from 'node:crypto'
import type { Command } from 'commander'
import { KubeError } from '../../ports/index.ts'
import { RecadoError } from '../../wire/index.ts'
import type { Context } from '../context.ts'
import { openKubeApi } from '../kubernetes/api.ts'
import { check } from '../kubernetes/check.ts'
import { type Row, writeResult, writeRows } from '../output.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** What the Helm chart's hooks and tests call in the image. */
export function addKubernetes(
  program: Command,
  contextOf: (command: Command) => Context,
  environment: Environment,
): void {
  const kubernetes = program
    .command('kubernetes')
    .description('what runs on Kubernetes: its definitions, a check')
  kubernetes
    .command('check')
    .description('say a message through every MessagingCluster of a namespace, from within Kubernetes')
    .option('--namespace <name>', 'whose clusters (POD_NAMESPACE)', environment['POD_NAMESPACE'] ?? 'default')
    .option('--operator <url>', 'where the operator serves HTTP, to ask whether it is ready')
    .action(async (options: CheckFlags, command: Command) => {
      await runCheck(options, contextOf(command), environment)
    })
  kubernetes
    .command('definition')
    .description('the CustomResourceDefinitions that this version carries')
    .argument('<action>', 'apply: bring the cluster’s up to date; print: write them as JSON')
    .action(async (action: string, _: unknown, command: Command) => {
      const context = contextOf(command)
      if (action === 'print')
        return context.output.write(`${JSON.stringify(await ownDefinitions(), null, 2)}\n`)
      if (action !== 'apply') throw new RecadoError('bad_option', `"${action}" is not apply or print`)
      await applyDefinitions(context, environment)
    })
}

interface CheckFlags {
  readonly namespace: string
  readonly operator?: string
}

async function runCheck(flags: CheckFlags, context: Context, environment: Environment): Promise<void> {
  const { namespace, operator } = flags
  if (operator !== undefined && !URL.canParse(operator)) {
    throw new RecadoError('bad_option', `--operator ${operator} is no URL like http://host:9464`)
  }
  const { connect } = await import('../../client/index.ts')
  const { timeoutMs = 10_000 } = context.options
  const results = await withApi(environment, (api) =>
    check({
      api,
      namespace,
      operator,
      timeoutMs,
      signal: context.signal,
      connect: (brokers, proxies, keys) => connect({ brokers, proxies, timeoutMs, ...keys }),
      fetch,
      mark: randomUUID(),
    }),
  )
  writeRows(
    context.output,
    ['what', 'result'],
    results.map(({ what, result }): Row => ({ what, result })),
  )
  if (!results.some(({ what }) => what.startsWith('MessagingCluster'))) {
    context.note(`There is no MessagingCluster in namespace ${namespace} to say anything through`)
  }
  const bad = results.filter(({ isGood }) => !isGood)
  if (bad.length === 0) return
  throw new RecadoError('check_failed', `${bad.map(({ what }) => what).join(', ')}: see above`)
}

async function applyDefinitions(context: Context, environment: Environment): Promise<void> {
  const { KINDS } = await import('../../operator/index.ts')
  const { items } = await ownDefinitions()
  const names = await withApi(environment, async (api) => {
    const applied: string[] = []
    for (const made of items) applied.push((await api.apply(KINDS.definition, made)).metadata.name)
    return applied
  })
  writeResult(context.output, `The definitions ${names.join(' and ')} are up to date`, { definitions: names })
}

/** As one list, which `kubectl apply` takes too. */
async function ownDefinitions() {
  const { definitions } = await import('../../operator/index.ts')
  return { apiVersion: 'v1', kind: 'List', items: definitions() }
}

/** @throws RecadoError `kubernetes_refused` with what the API server said */
async function withApi<Result>(
  environment: Environment,
  work: (api: Awaited<ReturnType<typeof openKubeApi>>['api']) => Promise<Result>,
): Promise<Result> {
  const opened = await openKubeApi(environment)
  try {
    return await work(opened.api)
  } catch (error) {
    if (!(error instanceof KubeError)) throw error
    const { status, message } = error
    const said = status === 0 ? 'The API server does not answer' : `The API server refused with ${status}`
    throw new RecadoError('kubernetes_refused', `${said}: ${message}`, { cause: error })
  } finally {
    opened.close()
  }
}
