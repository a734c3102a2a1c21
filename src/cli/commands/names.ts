import type { Command } from 'commander'
import { type Context, userOf, withClient } from '../context.ts'
import { writeResult, writeRows } from '../output.ts'

/** Commands about users and channels. */
export function addNames(program: Command, contextOf: (command: Command) => Context): void {
  program
    .command('login [user]')
    .description('make a user known')
    .action(async (name: string | undefined, _: unknown, command: Command) => {
      const context = contextOf(command)
      const user = name ?? userOf(command)
      const { user: _user, ...options } = context.options
      await withClient({ ...context, options }, (client) => client.login(user, { signal: context.signal }))
      writeResult(context.output, `User ${user} is known`, { user })
    })
  program
    .command('channel <name>')
    .description('create a channel')
    .option('--members <users>', 'makes it private, for these and oneself; separated by commas')
    .action(async (channel: string, flags: { members?: string }, command: Command) => {
      const context = contextOf(command)
      const { signal } = context
      const members = flags.members?.split(',').filter((name) => name !== '')
      await withClient(context, async (client) => {
        await client.login(userOf(command), { signal })
        await client.createChannel(channel, { signal, members })
      })
      writeResult(context.output, `Channel ${channel} is there`, { channel })
    })
  program
    .command('users')
    .description('list the users')
    .action(async (_: unknown, command: Command) => {
      const context = contextOf(command)
      const users = await withClient(context, (client) => client.users({ signal: context.signal }))
      writeRows(
        context.output,
        ['user'],
        users.map((user) => ({ user })),
      )
    })
  program
    .command('channels')
    .description('list the channels')
    .action(async (_: unknown, command: Command) => {
      const context = contextOf(command)
      const channels = await withClient(context, (client) => client.channels({ signal: context.signal }))
      writeRows(
        context.output,
        ['channel'],
        channels.map((channel) => ({ channel })),
      )
    })
}
