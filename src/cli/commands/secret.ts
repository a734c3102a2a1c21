import { type Command, Option } from 'commander'
import { RecadoError } from '../../wire/index.ts'
import { type Context, messageOf, userOf, withClient } from '../context.ts'
import { saveSecret } from '../keys/index.ts'
import { writeResult } from '../output.ts'

/** The command that gives a user another secret. */
export function addSecret(
  program: Command,
  contextOf: (command: Command) => Context,
  environment: Readonly<Record<string, string | undefined>>,
): void {
  program
    .command('secret <new>')
    .description('change a user’s secret, in secured mode; "-" reads the new one from standard input')
    .option('--save', 'also write it to user.secret in the folder of the keys')
    .addOption(permitOption(environment['RECADO_PERMIT']))
    .action(async (given: string, flags: { save?: true; permit?: string }, command: Command) => {
      const context = contextOf(command)
      const { keysDir } = context.options
      if (keysDir === undefined) {
        throw new RecadoError('bad_option', 'Users have secrets in secured mode only; give --keys')
      }
      const secret = await messageOf(given, context)
      if (typeof secret !== 'string') {
        throw new RecadoError('bad_option', 'A secret is text; what stands on standard input is none')
      }
      if (flags.save === true && secret !== secret.trim()) {
        throw new RecadoError('bad_option', 'A secret that begins or ends with white space cannot be saved')
      }
      const user = userOf(command)
      // Not logged in before: after a first call whose answer was lost only the new secret would do.
      const { user: _user, ...options } = context.options
      await withClient({ ...context, options }, (client) =>
        client.login(user, { newSecret: secret, permit: flags.permit, signal: context.signal }),
      )
      if (flags.save === true) saveSecret(keysDir, secret)
      else if (context.options.secret === undefined) {
        context.note(`${keysDir} still holds the former secret; --save writes the new one there`)
      }
      writeResult(context.output, `User ${user} has another secret`, { user })
    })
}

function permitOption(byDefault: string | undefined): Option {
  const option = new Option(
    '--permit <permit>',
    'of recado keys permit: takes the place of the former secret (RECADO_PERMIT)',
  )
  // Not shown as a default, as other options are.
  return byDefault === undefined ? option : option.default(byDefault, 'RECADO_PERMIT')
}
