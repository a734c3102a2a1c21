/** Topics of publications end in `/`, so that none is a prefix of another. */
export const REPLICA_TOPIC = 'replica'
export const SERVERS_TOPIC = 'servers'

export function channelTopic(channel: string): string {
  return `channel/${channel}/`
}

export function userTopic(user: string): string {
  return `user/${user}/`
}
