import { openRefFile } from '../adapters/ref-file.ts'
import { openRouter } from '../adapters/zeromq/index.ts'
import type { RefConfig } from '../config/index.ts'
import { Ref } from '../ref/index.ts'
import type { StartRole } from './types.ts'

/** The reference service. Ready once it listens: the others need it to start, and it waits for none of them. */
export const start: StartRole<RefConfig> = async (context) => {
  const { config } = context
  const ref = new Ref({ ...context, ...config, file: openRefFile(config.dataDir) })
  const router = await openRouter({ host: config.bind, port: config.portRef })
  router.receive((from, frames) => {
    // A REQ socket puts an empty frame before its body and wants it back; a DEALER may do without.
    const head = frames[0]?.byteLength === 0 ? frames.slice(0, 1) : []
    const body = frames[head.length]
    if (body !== undefined) router.send(from, [...head, ref.answer(body)])
  })
  ref.start()
  return {
    async stop() {
      ref.stop()
      await router.close()
    },
  }
}
