import type { Command } from 'commander'
import type { Client, RequestOptions } from '../../client/index.ts'
import { type Context, userOf, withClient } from '../context.ts'
import { writeResult } from '../output.ts'

/** Commands about who belongs to a private channel. */
export function addMembers(program: Command, contextOf: (command: Command) => Context): void {
  const as = async (
    command: Command,
    act: (client: Client, options: RequestOptions) => Promise<void>,
  ): Promise<Context> => {
    const context = contextOf(command)
    const { signal } = context
    await withClient(context, async (client) => {
      await client.login(userOf(command), { signal })
      await act(client, { signal })
    })
    return context
  }
  program
    .command('invite <channel> <member>')
    .description('make a user a member of a private channel')
    .action(async (channel: string, member: string, _: unknown, command: Command) => {
      const { output } = await as(command, (client, options) => client.invite(channel, member, options))
      writeResult(output, `User ${member} is a member of ${channel}`, { channel, member })
    })
  program
    .command('leave <channel>')
    .description('be a member of a private channel no more')
    .action(async (channel: string, _: unknown, command: Command) => {
      const { output } = await as(command, (client, options) => client.leave(channel, options))
      writeResult(output, `User ${userOf(command)} has left ${channel}`, { channel, user: userOf(command) })
    })
}
