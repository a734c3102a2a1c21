import { openCredentials } from '../adapters/credentials.ts'
import type { KeyRing } from '../adapters/keys/index.ts'
import { openForwarder } from '../adapters/zeromq/index.ts'
import { LamportClock } from '../clocks/index.ts'
import type { ProxyConfig } from '../config/index.ts'
import { type Decision, Proxy, Subscriptions } from '../proxy/index.ts'
import { isServersTopic } from '../wire/index.ts'
import { advertised } from './advertised.ts'
import { RefLink } from './ref-link.ts'
import type { RoleContext, StartRole } from './types.ts'

/** Composes a proxy: its two sockets, and heartbeats to ref, so that servers find it. */
export const start: StartRole<ProxyConfig> = async (context) => {
  const { config, metrics, time, log, keys } = context
  const back = keys?.pass('back')
  const proxy = new Proxy(metrics)
  const forwarder = await openForwarder({
    ...config,
    host: config.bind,
    secured: keys && {
      portServers: config.portServers,
      guardServers: keys.guard('servers'),
      guardSubscribers: keys.guard('clients'),
      isForServers: isServersTopic,
      decide: subscriptionsOf(context, keys),
    },
    admit: (topic, frames) => proxy.admits(topic, frames),
    admitSubscription: (message) => proxy.admitsSubscription(message),
  })
  const { portPublishers, portSubscribers, portServers } = forwarder
  const incarnation = Math.floor(time.wall())
  // With the port where servers hear each other.
  const address = `${advertised(config.advertise, portPublishers)}/${portServers ?? portSubscribers}`
  const ref = new RefLink({
    ...context,
    refs: config.ref,
    pass: back,
    lamport: new LamportClock(),
    now: () => Math.floor(time.wall()),
    settled: () => true,
    urgent: keys && (() => `${keys.generation}`),
    describe: () => ({
      cluster: config.cluster,
      name: config.name,
      role: 'proxy',
      ...(config.podUid !== undefined && { uid: config.podUid }),
      address,
      incarnation,
      ...(keys?.generation !== undefined && { keys: keys.generation }),
    }),
    onReply: () => {},
    onError: (code, message) => log.warn({ code }, message),
  })
  ref.start()
  return {
    async stop() {
      await ref.stop()
      await forwarder.close()
    },
  }
}

/** What decides about subscriptions in secured mode. */
function subscriptionsOf(
  context: RoleContext<ProxyConfig>,
  keys: KeyRing,
): (message: Uint8Array) => Decision {
  keys.shared()
  const credentials = openCredentials(() => keys.shared())
  const subscriptions = new Subscriptions({ ...context, credentials, now: () => context.time.wall() })
  return (message) => subscriptions.decide(message)
}
