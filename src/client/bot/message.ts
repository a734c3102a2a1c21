/** What a bot says: who and which run of it, the count on this topic, and the last count that was acknowledged there. */
export interface Said {
  readonly sender: string
  /** When this run of the sender started, in ms: a new run counts anew. */
  readonly run: number
  /** The channel, or `@` and the receiver. */
  readonly topic: string
  readonly count: number
  readonly acknowledged: number
}

/** The message as text, with a checksum of what it says. */
export function write({ sender, run, topic, count, acknowledged }: Said): string {
  const text = `bot ${sender} ${run} ${topic} ${count} ${acknowledged}`
  return `${text} ${checksum(text)}`
}

/** What a bot said; `altered` when its checksum fails; undefined when no bot said it. */
export function read(message: string | Uint8Array): Said | 'altered' | undefined {
  if (typeof message !== 'string' || !message.startsWith('bot ')) return undefined
  const end = message.lastIndexOf(' ')
  const [, sender = '', run, topic = '', count, acknowledged] = message.slice(0, end).split(' ')
  if (message.slice(end + 1) !== checksum(message.slice(0, end))) return 'altered'
  return { sender, run: Number(run), topic, count: Number(count), acknowledged: Number(acknowledged) }
}

/** FNV-1a, 32 bits: against accidents, not against malice. */
function checksum(text: string): string {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return (hash >>> 0).toString(16)
}
