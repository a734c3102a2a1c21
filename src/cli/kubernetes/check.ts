import type { Client, Subscription } from '../../client/index.ts'
import { CHECK_USER, clientAddresses, KINDS } from '../../operator/index.ts'
import type { KubeApi, KubeObject } from '../../ports/index.ts'
import { RecadoError } from '../../wire/index.ts'
import { type ClientKeys, clientKeys } from './client-keys.ts'

/** Where the check says its message. */
export const CHECK_CHANNEL = 'recado-check'

const OPERATOR_MS = 5000
/** Messages until one comes live; a subscriber that has just come misses what was said before. */
const ATTEMPTS = 5

export interface CheckOptions {
  readonly api: Pick<KubeApi, 'list' | 'get'>
  readonly namespace: string
  /** Where the operator serves HTTP; it is not asked unless given. */
  readonly operator?: string | undefined
  readonly timeoutMs: number
  readonly signal: AbortSignal
  readonly connect: (
    brokers: readonly string[],
    proxies: readonly string[],
    keys: ClientKeys | undefined,
  ) => Promise<Client>
  readonly fetch: typeof fetch
  /** Unlike every other call's. */
  readonly mark: string
}

/** What one thing that was checked came to. */
export interface Checked {
  readonly what: string
  readonly result: string
  readonly isGood: boolean
}

/**
 * Asks the operator whether it is ready, then says a message to every MessagingCluster of the namespace and waits until a
 * subscriber hears it. Every one is tried, whatever became of those before.
 * @throws KubeError when they cannot be listed
 */
export async function check(options: CheckOptions): Promise<readonly Checked[]> {
  const { api, namespace, operator } = options
  const clusters = await api.list(KINDS.messagingCluster, { namespace })
  const results = operator === undefined ? [] : [await checkOperator(operator, options)]
  for (const cluster of clusters) {
    if (cluster.metadata.deletionTimestamp === undefined) results.push(await checkCluster(cluster, options))
  }
  return results
}

async function checkOperator(address: string, { fetch: get, signal }: CheckOptions): Promise<Checked> {
  const what = `operator ${address}`
  try {
    const response = await get(new URL('/readyz', address), {
      signal: AbortSignal.any([signal, AbortSignal.timeout(OPERATOR_MS)]),
    })
    if (response.ok) return { what, result: 'ready', isGood: true }
    return {
      what,
      result: `not ready: ${(await response.text()).trim().replaceAll('\n', '; ')}`,
      isGood: false,
    }
  } catch (error) {
    const cause = (error as Error).cause ?? error
    return { what, result: `no answer: ${(cause as Error).message}`, isGood: false }
  }
}

async function checkCluster(cluster: KubeObject, options: CheckOptions): Promise<Checked> {
  const { name } = cluster.metadata
  const { namespace } = options
  const what = `MessagingCluster ${namespace}/${name}`
  try {
    await tryCluster(cluster, options)
    return { what, result: 'a message was published and read', isGood: true }
  } catch (error) {
    if (options.signal.aborted) throw error
    return { what, result: `${(error as Error).message}${conditionOf(cluster)}`, isGood: false }
  }
}

async function tryCluster(cluster: KubeObject, options: CheckOptions): Promise<void> {
  const { name } = cluster.metadata
  const { namespace, api, connect } = options
  const { requests, publications } = clientAddresses({ metadata: { name, namespace } })
  const client = await connect([requests], [publications], await clientKeys(api, cluster))
  try {
    await sayAndHear(client, options)
  } finally {
    await client.close()
  }
}

/** A message that comes from history shows that requests are served; one that comes live, that proxies pass it on. */
async function sayAndHear(client: Client, options: CheckOptions): Promise<void> {
  const { timeoutMs, signal } = options
  await client.login(CHECK_USER, { signal })
  await client.createChannel(CHECK_CHANNEL, { signal })
  const deadline = AbortSignal.timeout(timeoutMs)
  const subscription = client.subscribe(CHECK_CHANNEL, {
    from: 'start',
    signal: AbortSignal.any([signal, deadline]),
  })
  try {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      await hear(client, subscription, `${options.mark} ${attempt}`, signal)
      if (subscription.counts.live > 0) return
    }
  } catch (error) {
    if (!deadline.aborted) throw error
    throw new RecadoError('unavailable', `What was published was not read within ${timeoutMs} ms`, {
      cause: error,
    })
  } finally {
    subscription.close()
  }
  throw new RecadoError('unavailable', 'Messages are read from history, but none comes live: see the proxies')
}

async function hear(client: Client, from: Subscription, mark: string, signal: AbortSignal): Promise<void> {
  await client.publish(CHECK_CHANNEL, mark, { signal })
  const messages = from[Symbol.asyncIterator]()
  for (;;) {
    const next = await messages.next()
    if (next.done === true) throw new RecadoError('unavailable', 'The subscription ended')
    if (next.value.message === mark) return
  }
}

/** What the operator last said of it, for who reads why it failed. */
function conditionOf(cluster: KubeObject): string {
  const { conditions = [] } = (cluster['status'] ?? {}) as { conditions?: Readonly<Record<string, string>>[] }
  const ready = conditions.find(({ type }) => type === 'Ready')
  if (ready === undefined) return ' (the operator has said nothing of it yet)'
  return ` (Ready is ${ready['status']}: ${ready['reason']}: ${ready['message']})`
}
