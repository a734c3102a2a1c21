import type { Command } from 'commander'
import { RecadoError } from '../../wire/index.ts'
import { type Context, userOf, withClient } from '../context.ts'
import { writeMessage } from '../output.ts'

interface HistoryFlags {
  readonly after?: string
  readonly limit: string
  readonly with?: string
  readonly direct?: boolean
  readonly all?: boolean
}

interface SubscribeFlags {
  readonly from: string
  readonly count?: string
  readonly direct?: boolean
}

type CliTopic = string | { readonly user: string }

/** Commands that show what is and was said. */
export function addShow(program: Command, contextOf: (command: Command) => Context): void {
  program
    .command('subscribe [channel]')
    .description('show what is said, on a channel or with --direct to you, until Ctrl-C')
    .option('--direct', 'direct messages to you instead of a channel')
    .option('--from <cursor>', 'now, start, or a cursor', 'now')
    .option('--count <n>', 'end after so many messages')
    .action((channel: string | undefined, flags: SubscribeFlags, command: Command) =>
      subscribe(contextOf(command), topicOf(channel, flags.direct, command), flags),
    )
  program
    .command('history [channel]')
    .description('show what was said, oldest first')
    .option('--direct', 'your direct messages instead of a channel')
    .option('--with <user>', 'with --direct: only those with this user')
    .option('--after <cursor>', 'begin behind this cursor')
    .option('--limit <n>', 'messages in a page, 1 to 1000', '100')
    .option('--all', 'all pages')
    .action((channel: string | undefined, flags: HistoryFlags, command: Command) =>
      history(contextOf(command), topicOf(channel, flags.direct, command), flags),
    )
}

async function subscribe(context: Context, topic: CliTopic, flags: SubscribeFlags): Promise<void> {
  const count = flags.count === undefined ? Number.POSITIVE_INFINITY : wholeNumber('--count', flags.count)
  await withClient(context, async (client) => {
    const { signal, output } = context
    if (typeof topic !== 'string') await client.login(topic.user, { signal })
    let left = count
    try {
      for await (const item of client.subscribe(topic, { from: flags.from, signal })) {
        writeMessage(output, item)
        left--
        if (left === 0) return
      }
    } catch (error) {
      if (!signal.aborted) throw error
    }
  })
}

async function history(context: Context, topic: CliTopic, flags: HistoryFlags): Promise<void> {
  const limit = wholeNumber('--limit', flags.limit)
  const { signal, output } = context
  const of = typeof topic === 'string' ? topic : { ...topic, with: flags.with }
  await withClient(context, async (client) => {
    for (let { after } = flags; ; ) {
      const page = await client.history(of, { after, limit, signal })
      for (const message of page.messages) writeMessage(output, message)
      if (!page.more || flags.all !== true) {
        context.note(`${page.more ? 'There is more' : 'To go on from here'}: --after ${page.next}`)
        return
      }
      after = page.next
    }
  })
}

function topicOf(channel: string | undefined, direct: boolean | undefined, command: Command): CliTopic {
  if (direct === true && channel === undefined) return { user: userOf(command) }
  if (direct !== true && channel !== undefined) return channel
  throw new RecadoError('bad_option', 'Give a channel or --direct')
}

function wholeNumber(option: string, text: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value > 0) return value
  throw new RecadoError('bad_option', `${option} must be a whole number above 0`)
}
