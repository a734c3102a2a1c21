import { Proxy, Router, XPublisher, XSubscriber } from 'zeromq'

// The other process of the measurement of bare sockets: an echo, and ZeroMQ's own forwarder.
const router = new Router({ linger: 0, sendHighWaterMark: 0 })
const [publishers, subscribers] = [new XSubscriber({ linger: 0 }), new XPublisher({ linger: 0 })]
publishers.receiveHighWaterMark = 100_000
subscribers.sendHighWaterMark = 100_000
for (const socket of [router, publishers, subscribers]) await socket.bind('tcp://127.0.0.1:*')
process.send?.([router, publishers, subscribers].map(({ lastEndpoint }) => lastEndpoint))
process.on('disconnect', () => process.exit(0))
void new Proxy(publishers, subscribers).run()
for await (const frames of router) await router.send(frames)
