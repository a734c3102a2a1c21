/** Topics of publications end in `/`, so that none is a prefix of another. */
export const REPLICA_TOPIC = 'replica'
export const SERVERS_TOPIC = 'servers'

/** Whether what has this topic is said by servers to servers. */
export function isServersTopic(topic: string): boolean {
  return topic === REPLICA_TOPIC || topic === SERVERS_TOPIC
}

/** Lately made ones: each is asked for again and again, and a text that is made anew must be hashed anew. */
const KNOWN_MAX = 4096
const channels = new Map<string, string>()
const users = new Map<string, string>()

/** What a subscriber asks for so that it hears what the user of this token may hear, in secured mode. */
export function grantTopic(token: string): string {
  return `grant/${token}/`
}

export function channelTopic(channel: string): string {
  return channels.get(channel) ?? know(channels, channel, `channel/${channel}/`)
}

export function userTopic(user: string): string {
  return users.get(user) ?? know(users, user, `user/${user}/`)
}

function know(topics: Map<string, string>, name: string, topic: string): string {
  if (topics.size >= KNOWN_MAX) topics.clear()
  topics.set(name, topic)
  return topic
}
