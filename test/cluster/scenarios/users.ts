import { rejects } from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Client, connect } from '../../../src/client/index.ts'
import { parseCertificate, parseKeyList } from '../../../src/keys/index.ts'
import { serverName } from '../../../src/operator/names.ts'
import type { KeyPair } from '../../../src/ports/index.ts'
import { findPython } from '../../interop/tools.ts'
import { type Door, knock } from '../../security/strangers.ts'
import { until } from '../../support/load.ts'
import { ROOT } from '../../tidy/tree.ts'
import type { Scenario } from '../scenario.ts'
import { text } from '../support/command.ts'
import { SecretFolder } from '../support/secret-folder.ts'
import type { Stage } from '../support/stage.ts'
import { addressesOf } from '../support/target.ts'
import { underLoad } from '../under-load.ts'

/** Nobody of the load. */
const USER = 'helena'
const READY_MS = 30_000
/** A revoked key's connections end within this. */
const REVOKED_MS = 10_000
/** Longer than that, so that what is late is told by how late it is. */
const LATE_MS = 90_000

export const user: Scenario = {
  name: 'a user comes and goes',
  says: 'apply a MessagingUser; the library and a Python client use its Secret; change the secret in it by a client, and set it again by a permit of `kubectl exec`; delete the Secret, then the MessagingUser: how soon each key is of no use',
  needs: ['machine'],
  deadlineMs: 400_000,
  run: (world) =>
    underLoad(world, {
      spec: { security: { mode: 'secured' } },
      gapMaxMs: 3000,
      async steps(stage, broken) {
        const name = await madeUser(stage)
        const first = await SecretFolder.open(stage.kubernetes, stage.namespace, name)
        const former = keysIn(first.path)
        first.close()
        world.tell('deletes the Secret')
        await stage.kubernetes.kubectl('delete', 'secret', name, '-n', stage.namespace)
        const anewMs = await refusedAfter(stage, former)
        const keys = await renewedSecret(stage, name, former)
        try {
          const client = await clientOf(stage, keys.path)
          await client.createChannel('news')
          await client.publish('news', 'said with the keys of its own')
          broken.push(...(await pythonSays(stage, keys.path)))
          world.tell('puts the secret right that somebody changed')
          await putRight(stage, client, keys.path)
          world.tell('deletes the MessagingUser')
          const stolen = keysIn(keys.path)
          await stage.kubernetes.kubectl('delete', 'messaginguser', USER, '-n', stage.namespace)
          const goneMs = await refusedAfter(stage, stolen)
          broken.push(...(await stillSays(client)))
          await client.close()
          for (const [what, ms] of [
            ['Secret', anewMs],
            ['MessagingUser', goneMs],
          ] as const)
            if (ms > REVOKED_MS)
              broken.push(`${Math.round(ms)} ms after the ${what} was deleted its key was refused`)
          return [
            `refused ${inSeconds(anewMs)} after its Secret, ${inSeconds(goneMs)} after the user was deleted`,
          ]
        } finally {
          keys.close()
        }
      },
    }),
}

/** Applies a MessagingUser, and waits until it is Ready; the name of its Secret. */
async function madeUser(stage: Stage): Promise<string> {
  const { kubernetes, namespace, name } = stage
  await kubernetes.apply({
    apiVersion: 'recado.dev/v1alpha1',
    kind: 'MessagingUser',
    metadata: { name: USER, namespace },
    spec: { cluster: name },
  })
  let secret = ''
  await until(READY_MS, async () => {
    const path = `/apis/recado.dev/v1alpha1/namespaces/${namespace}/messagingusers/${USER}`
    const { status = {} } = JSON.parse(await kubernetes.raw(path)) as {
      status?: { secretName?: string; conditions?: { type: string; status: string; message: string }[] }
    }
    const ready = status.conditions?.find(({ type }) => type === 'Ready')
    secret = status.secretName ?? ''
    return (ready?.status === 'True' && secret !== '') || `Ready is ${ready?.status}: ${ready?.message}`
  })
  return secret
}

/** The user's Secret once it holds another pair than this one, and that pair is let in. */
async function renewedSecret(stage: Stage, name: string, former: Keys): Promise<SecretFolder> {
  let found: SecretFolder | undefined
  await until(READY_MS, async () => {
    found?.close()
    found = await SecretFolder.open(stage.kubernetes, stage.namespace, name).catch(() => undefined)
    return (found && keysIn(found.path).pair.publicKey !== former.pair.publicKey) || 'there is no new Secret'
  })
  const folder = found as SecretFolder
  await until(READY_MS, async () => {
    const outcomes = await Promise.all((await doors(stage)).map((door) => knock(door, keysIn(folder.path))))
    return outcomes.every((outcome) => outcome === 'admitted') || `the new pair: ${outcomes.join(', ')}`
  })
  return folder
}

interface Keys {
  readonly pair: KeyPair
  readonly serverKey: string
}

function keysIn(folder: string): Keys {
  const pair = parseCertificate(readFileSync(join(folder, 'own.key_secret'), 'utf8'))
  const front = parseKeyList(readFileSync(join(folder, 'front.keys'), 'utf8')).at(-1)
  if (pair === undefined || front === undefined) throw new Error('A Secret lacks keys')
  return { pair, serverKey: front.key }
}

/** The clients' ports of all brokers and proxies. */
async function doors(stage: Stage): Promise<readonly Door[]> {
  const brokers = (await addressesOf(stage, 'broker')).map((ip): Door => {
    return { address: `tcp://${ip}:5555`, type: 'dealer' }
  })
  const proxies = (await addressesOf(stage, 'proxy')).map((ip): Door => {
    return { address: `tcp://${ip}:5558`, type: 'subscriber' }
  })
  return [...brokers, ...proxies]
}

/** After how many ms all of them refuse these keys. */
async function refusedAfter(stage: Stage, keys: Keys): Promise<number> {
  const begun = performance.now()
  const ports = await doors(stage)
  await until(LATE_MS, async () => {
    const outcomes = await Promise.all(ports.map((port) => knock(port, keys)))
    return outcomes.every((outcome) => outcome === 'refused') || `a key that is gone: ${outcomes.join(', ')}`
  })
  return performance.now() - begun
}

async function clientOf(stage: Stage, keysDir: string): Promise<Client> {
  const { brokerAddress: broker, proxyAddress: proxy } = await stage.entrance()
  return connect({ broker, proxy, keysDir, user: USER })
}

/** The example of the documentation, with what a pod that mounts the Secret has. */
async function pythonSays(stage: Stage, keysDir: string): Promise<string[]> {
  const found = findPython()
  if ('missing' in found) throw new Error(found.missing)
  const { brokerAddress, proxyAddress } = await stage.entrance()
  const secret = readFileSync(join(keysDir, 'user.secret'), 'utf8').trim()
  const heard = await text(
    found.command,
    ['examples/python/secured.py', keysDir, USER, secret, 'news', 'from Python'],
    { env: { RECADO_BROKER: brokerAddress, RECADO_PROXY: proxyAddress }, folder: ROOT },
  )
  const lacks = ['channel/news/', `user/${USER}/`].filter((topic) => !heard.includes(`${topic} from Python`))
  return lacks.map((topic) => `Python does not hear ${topic}: ${heard}`)
}

/** As the documentation says: what the Secret says is refused until a permit made in a server's pod makes it the secret again. */
async function putRight(stage: Stage, client: Client, keysDir: string): Promise<void> {
  const { kubernetes, namespace, name } = stage
  const secret = readFileSync(join(keysDir, 'user.secret'), 'utf8').trim()
  await client.changeSecret('what nobody else knows')
  await rejects(client.login(USER, { secret }), { code: 'denied' })
  const command = ['node', 'dist/cli/main.js', 'keys', 'permit', USER, '--folder', '/keys']
  const printed = await kubernetes.exec(namespace, serverName(name, 0), ...command)
  await client.login(USER, { permit: printed.toString().trim(), newSecret: secret })
  await client.publish('news', 'said with what the Secret says')
}

/** A connection of before is closed too. */
async function stillSays(client: Client): Promise<string[]> {
  return client.publish('news', 'after the end', { timeoutMs: 3000 }).then(
    () => ['a client that was connected can still publish'],
    () => [],
  )
}

function inSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}
