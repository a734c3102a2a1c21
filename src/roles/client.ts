import { watchAddresses } from '../adapters/resolver.ts'
import { openDealer, openSubscriber } from '../adapters/zeromq/index.ts'
import { Bot, Client } from '../client/index.ts'
import type { ClientConfig } from '../config/index.ts'
import type { StartRole } from './types.ts'

const REQUEST_DEADLINE_MS = 10_000

/** The automatic client. Ready once it has started: it waits for the others by itself, and nobody waits for it. */
export const start: StartRole<ClientConfig> = async (context) => {
  const { config, log, timers, fail, keys } = context
  const front = keys?.pass('front')
  const client = new Client({
    ...context,
    openDealer: (address) => openDealer(address, front),
    openSubscriber: (address) => openSubscriber(address, front),
    deadlineMs: REQUEST_DEADLINE_MS,
    secret: keys?.secret(),
  })
  const watches = [
    watchAddresses(config.brokers, { timers, log, onChange: (found) => client.setBrokers(found) }),
    watchAddresses(config.proxies, { timers, log, onChange: (found) => client.setProxies(found) }),
  ]
  client.onClose(() => {
    for (const watch of watches) watch.close()
  })
  const { name, channels, rate } = config
  const bot = new Bot({ ...context, name, channels, rate, client })
  bot.start().catch(fail)
  return {
    async stop() {
      bot.stop()
      await client.close()
    },
  }
}
