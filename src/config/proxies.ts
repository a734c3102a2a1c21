/** The two addresses of a proxy given as `tcp://host:publishers` or `tcp://host:publishers/subscribers`. */
export function proxyAddresses(proxy: string): { publishers: string; subscribers: string } {
  const [publishers = proxy, given] = proxy.replace('tcp://', '').split('/')
  const colon = publishers.lastIndexOf(':')
  const subscribersPort = given ?? String(Number(publishers.slice(colon + 1)) + 1)
  return {
    publishers: `tcp://${publishers}`,
    subscribers: `tcp://${publishers.slice(0, colon)}:${subscribersPort}`,
  }
}
