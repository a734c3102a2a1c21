import { type Batch, channelTopic, KINDS, userTopic } from '../wire/index.ts'

const PUBLISH = KINDS.indexOf('publish')
const SAID = new Set([PUBLISH, KINDS.indexOf('message')])

/** The topics under which an operation is found: a channel's, or both users' of a direct message. */
export function topicsAt(batch: Batch, index: number): readonly string[] {
  if (batch.lengthAt(index) === 0 || !SAID.has(batch.kindAt(index))) return []
  const [user, target] = [batch.userAt(index), batch.targetAt(index)]
  if (batch.kindAt(index) === PUBLISH) return [channelTopic(target)]
  return user === target ? [userTopic(user)] : [userTopic(user), userTopic(target)]
}

/** All topics of a batch. */
export function topicsOf(batch: Batch): ReadonlySet<string> {
  const topics = new Set<string>()
  // Most operations are publications to the channel of the one before.
  let channel = -1
  for (let index = 0; index < batch.count; index++) {
    const isPublication = batch.kindAt(index) === PUBLISH
    if (isPublication && batch.targetIndexAt(index) === channel) continue
    for (const topic of topicsAt(batch, index)) topics.add(topic)
    if (isPublication) channel = batch.targetIndexAt(index)
  }
  return topics
}
