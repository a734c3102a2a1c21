import { type Client, connect } from '../../../src/client/index.ts'
import { historyOf } from '../../security/spies.ts'
import { until } from '../../support/load.ts'
import type { Findings, Scenario, World } from '../scenario.ts'
import { Reader } from '../support/page.ts'
import { SecretFolder } from '../support/secret-folder.ts'
import { Stage } from '../support/stage.ts'

const WRITTEN_MS = 60_000
const TAKEN_MS = 60_000
const CHANNEL = 'kitchen'
const TEXTS = Array.from({ length: 100 }, (_, number) => `before ${number}`)
const DIRECT = 'between us'

export const toSecured: Scenario = {
  name: 'from open to secured',
  says: 'follow docs/kubernetes.md: take an open cluster’s files, make a secured one of them; its users read what was said before, on every server',
  needs: ['machine'],
  deadlineMs: 600_000,
  run: moved,
}

async function moved(world: World): Promise<Findings> {
  const { kubernetes, image, tell } = world
  const open = await world.stage({ security: { mode: 'open' } }, 'smallest')
  const secured = new Stage(kubernetes, open.namespace, { name: 'with-users' })
  const reader = await Reader.open(kubernetes, open.namespace, image)
  try {
    await open.ready()
    await sayAll(open)
    tell('takes the history')
    await reader.follow('## Backup')
    tell('makes the second cluster')
    const begun = performance.now()
    await reader.follow('**From open to secured.**')
    const tookS = Math.round((performance.now() - begun) / 1000)
    const broken = [...(await readAgain(secured)), ...(await takeNew(secured))]
    const names = await secured.serverNames()
    await until(TAKEN_MS, async () => (await secured.files.equal(names)) || 'the servers’ files differ')
    if (broken.length > 0) tell(await secured.story())
    return { seen: [`${TEXTS.length + 1} messages taken along, ready after ${tookS} s`], broken }
  } catch (error) {
    tell(await secured.story().catch(String))
    throw error
  } finally {
    reader.close()
    secured.close()
  }
}

/** Waits until it stands in the files of the server whose files are taken. */
async function sayAll(open: Stage): Promise<void> {
  const { brokerAddress: broker, proxyAddress: proxy } = await open.entrance()
  const ana = await connect({ broker, proxy, user: 'ana' })
  try {
    await ana.login('bob')
    await ana.login('ana')
    await ana.createChannel(CHANNEL)
    for (const each of TEXTS) await ana.publish(CHANNEL, each)
    await ana.message('bob', DIRECT)
  } finally {
    await ana.close()
  }
  await until(WRITTEN_MS, async () => {
    const { length } = await open.files.lines(open.server(0))
    return length === TEXTS.length + 1 || `${length} lines are written`
  })
}

async function readAgain(secured: Stage): Promise<string[]> {
  return asUser(secured, 'ana', async (ana) => {
    const texts = await historyOf(ana, CHANNEL)
    const { messages } = await ana.history({ user: 'ana' })
    await ana.publish(CHANNEL, 'afterwards')
    return [
      ...(texts.join() === TEXTS.join()
        ? []
        : [`the channel holds ${texts.length}: ${texts.slice(0, 5).join(', ')}`]),
      ...(messages.map(({ message }) => message).join() === DIRECT
        ? []
        : [`${messages.length} direct messages are there`]),
    ]
  })
}

/** Nobody without a MessagingUser becomes a user, whoever has keys. */
async function takeNew(secured: Stage): Promise<string[]> {
  return asUser(secured, 'bob', (client) =>
    client.login('mallory', { secret: 'a secret of my own' }).then(
      () => ['who is not listed could take a name'],
      ({ code }: { code?: unknown }) =>
        code === 'denied' ? [] : [`a name that is not listed: ${String(code)}`],
    ),
  )
}

async function asUser(
  secured: Stage,
  user: string,
  act: (client: Client) => Promise<string[]>,
): Promise<string[]> {
  const { brokerAddress: broker, proxyAddress: proxy } = await secured.entrance()
  const keys = await SecretFolder.open(secured.kubernetes, secured.namespace, `${secured.name}-user-${user}`)
  try {
    const client = await connect({ broker, proxy, keysDir: keys.path, user })
    const found = await act(client)
    await client.close()
    return found
  } finally {
    keys.close()
  }
}
