import { parseCertificate } from '../../../src/keys/index.ts'
import { KINDS } from '../../../src/operator/kinds.ts'
import { filesOf } from '../../../src/operator/security/index.ts'
import type { Json } from '../simulation/api-server.ts'
import { keysIn } from '../simulation/mounts.ts'
import { Stage } from '../simulation/stage.ts'
import { World } from '../simulation/world.ts'

const SECURED = { security: { mode: 'secured' } }
export const SECRET = 'chat-user-ana'
/** Within so long who was revoked is let in nowhere. */
export const KNOWN_MS = 10_000
/** A kubelet may miss the first word of a change, and be told again five seconds later, more than once. */
export const READY_MS = 30_000

/** A secured cluster that has settled and is quiet. */
export async function settled(spec: Json = SECURED, seed = 11): Promise<Stage> {
  const stage = new Stage(new World(seed), spec)
  stage.servers.load = false
  await stage.settle(120)
  await stage.world.run(20_000)
  stage.operator.api.writes = []
  return stage
}

export function addUser(stage: Stage, name = 'ana', cluster = 'chat'): void {
  const { apiVersion, kind } = KINDS.messagingUser
  stage.server.put({ apiVersion, kind, metadata: { name }, spec: { cluster } })
}

export async function withAna(spec?: Json): Promise<Stage> {
  const stage = await settled(spec)
  addUser(stage)
  await stage.world.run(READY_MS)
  return stage
}

export const ready = (stage: Stage, name = 'ana'): Json => {
  return stage.server.get(KINDS.messagingUser, name).status?.conditions?.[0]
}
export const secretOf = (stage: Stage, name = SECRET): Json => stage.server.get(KINDS.secret, name)
export const keyOf = (stage: Stage, name = SECRET): string | undefined => {
  return parseCertificate(filesOf(secretOf(stage, name))['own.key_secret'] ?? '')?.publicKey
}
/** How many brokers and proxies let a key in, by what their processes have read, and of how many. */
export const admitting = (stage: Stage, key: string | undefined): string => {
  const pods = [...stage.kubernetes.pods('broker'), ...stage.kubernetes.pods('proxy')]
  const lists = pods.map(({ metadata }) => {
    return keysIn(stage.kubernetes.mounts.of(metadata.uid) ?? {}, 'client.keys')
  })
  return `${lists.filter((list) => list.includes(key ?? '')).length} of ${pods.length}`
}
