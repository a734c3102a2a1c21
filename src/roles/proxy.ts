import { openDealer, openForwarder } from '../adapters/zeromq/index.ts'
import { LamportClock } from '../clocks/index.ts'
import type { ProxyConfig } from '../config/index.ts'
import { Proxy } from '../proxy/index.ts'
import { Heartbeater } from '../ref/index.ts'
import { advertised } from './advertised.ts'
import type { StartRole } from './types.ts'

/** Composes a proxy: its two sockets, and heartbeats to ref, so that servers find it. */
export const start: StartRole<ProxyConfig> = async (context) => {
  const { config, metrics, time, log, readiness } = context
  const proxy = new Proxy(metrics)
  const forwarder = await openForwarder({
    ...config,
    host: config.bind,
    admit: (topic, frames) => proxy.admits(topic, frames),
    admitSubscription: (message) => proxy.admitsSubscription(message),
  })
  const { portPublishers, portSubscribers } = forwarder
  const incarnation = Math.floor(time.wall())
  const address = `${advertised(config.advertise, portPublishers)}/${portSubscribers}`
  const heartbeater = new Heartbeater({
    ...context,
    addresses: config.ref,
    openDealer,
    lamport: new LamportClock(),
    now: () => Math.floor(time.wall()),
    settled: () => true,
    describe: () => ({ cluster: config.cluster, name: config.name, role: 'proxy', address, incarnation }),
    onReply: () => {},
    onError: (code, message) => log.warn({ code }, message),
  })
  heartbeater.start()
  readiness('proxy', () => true)
  return {
    async stop() {
      await heartbeater.stop()
      await forwarder.close()
    },
  }
}
