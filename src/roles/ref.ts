import type { KeyRing } from '../adapters/keys/index.ts'
import { openRefFile } from '../adapters/ref-file.ts'
import { openRouter } from '../adapters/zeromq/index.ts'
import type { RefConfig } from '../config/index.ts'
import type { Router } from '../ports/index.ts'
import { type RecordFile, Ref } from '../ref/index.ts'
import type { RoleContext, RunningRole, StartRole } from './types.ts'

/** What each port serves in secured mode. */
const OPERATORS = new Set(['members', 'list'])
const NOT_OPERATORS = new Set(['rank', 'list', 'heartbeat'])

/** The reference service. Ready once it listens: the others need it to start, and it waits for none of them. */
export const start: StartRole<RefConfig> = async (context) => {
  const file = await openRefFile(context.config.dataDir)
  try {
    const running = await run(context, file)
    return {
      async stop() {
        await running.stop()
        await file.release()
      },
    }
  } catch (error) {
    await file.release()
    throw error
  }
}

async function run(context: RoleContext<RefConfig>, file: RecordFile): Promise<RunningRole> {
  const { config, keys } = context
  const ref = new Ref({ ...context, ...config, file, keyGeneration: () => keys?.generation })
  const router = await openRouter({ host: config.bind, port: config.portRef, guard: keys?.guard('ref') })
  serve(router, ref, keys === undefined ? undefined : NOT_OPERATORS)
  const operators = keys === undefined ? undefined : await openOperators(config, keys)
  if (operators !== undefined) serve(operators, ref, OPERATORS)
  ref.start()
  return {
    async stop() {
      ref.stop()
      await Promise.all([router.close(), operators?.close()])
    },
  }
}

/** In secured mode the operator has a port of its own, for nobody can tell by whose key a message came. */
function openOperators({ bind, portOperators }: RefConfig, keys: KeyRing): Promise<Router> {
  return openRouter({ host: bind, port: portOperators, guard: keys.guard('operators') })
}

function serve(router: Router, ref: Ref, services: ReadonlySet<string> | undefined): void {
  router.receive((from, frames) => {
    // A REQ socket puts an empty frame before its body and wants it back; a DEALER may do without.
    const head = frames[0]?.byteLength === 0 ? frames.slice(0, 1) : []
    const body = frames[head.length]
    if (body !== undefined) router.send(from, [...head, ref.answer(body, services)])
  })
}
