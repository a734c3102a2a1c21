import { letGo, openRouter } from '../adapters/zeromq/index.ts'
import { Broker } from '../broker/index.ts'
import { LamportClock } from '../clocks/index.ts'
import type { BrokerConfig } from '../config/index.ts'
import { CLIENT_LIMITS } from '../wire/index.ts'
import { advertised } from './advertised.ts'
import { RefLink } from './ref-link.ts'
import type { StartRole } from './types.ts'

/**
 * Of one client's messages: 64 MiB when each has one frame of the largest size. ZeroMQ has no bound for the frames of one
 * message, and of one whose end does not come it keeps them all: there only the memory limit of the process helps, and in
 * secured mode that strangers have no key.
 */
const CLIENT_RECEIVE_QUEUE = 32

/** Composes a broker: a ROUTER for clients, one for servers, and heartbeats to ref, so that servers find it. */
export const start: StartRole<BrokerConfig> = async (context) => {
  const { config, time, log, metrics, readiness, keys } = context
  const back = keys?.pass('back')
  const clients = await openRouter({
    host: config.bind,
    port: config.portClients,
    // Twice what is allowed, so that a request a little too large still gets an answer.
    maxFrameBytes: CLIENT_LIMITS.frameBytes * 2,
    peerQueue: config.clientQueue,
    dropped: () => metrics.add('recado_broker_answers_dropped_total'),
    peerReceiveQueue: CLIENT_RECEIVE_QUEUE,
    guard: keys?.guard('clients'),
  })
  const servers = await openRouter({
    host: config.bind,
    port: config.portServers,
    guard: keys?.guard('servers'),
  }).catch(async (error: unknown) => {
    await clients.close()
    throw error
  })
  const lamport = new LamportClock()
  const broker = new Broker({
    ...context,
    ...config,
    lamport,
    toClient: (connection, frames) => clients.send(connection, frames),
    toServer: (server, frames) => servers.send(server, frames),
    letGo,
    unread: () => clients.unread,
  })
  clients.receive(
    (from, frames) => broker.fromClient(from, frames),
    () => broker.takeRest(),
    (from) => broker.clientGone(from),
  )
  servers.receive((from, frames) => broker.fromServer(from, frames))
  broker.start()
  const incarnation = Math.floor(time.wall())
  const address = advertised(config.advertise, servers.port)
  const ref = new RefLink({
    ...context,
    refs: config.ref,
    pass: back,
    lamport,
    now: () => Math.floor(time.wall()),
    settled: () => true,
    urgent: keys && (() => `${keys.generation}`),
    describe: () => ({
      cluster: config.cluster,
      name: config.name,
      role: 'broker',
      ...(config.podUid !== undefined && { uid: config.podUid }),
      address,
      incarnation,
      ...(keys?.generation !== undefined && { keys: keys.generation }),
    }),
    onReply: () => {},
    onError: (code, message) => log.warn({ code }, message),
  })
  ref.start()
  readiness('servers', () => broker.servers > 0 || 'No server has registered')
  return {
    async stop() {
      broker.stop()
      await ref.stop()
      await Promise.all([clients.close(), servers.close()])
    },
  }
}
