import { setTimeout as delay } from 'node:timers/promises'
import { Argument, type Command, Option } from 'commander'
import { KEY_ROLES, type KeyRole } from '../../ports/index.ts'
import { isName, PERMIT_LIFETIME_MS_MAX, RecadoError } from '../../wire/index.ts'
import type { Context } from '../context.ts'
import {
  listKeys,
  makeClient,
  makeKeys,
  makePermit,
  ROTATED,
  type Rotated,
  revokeKey,
  rotateKeys,
} from '../keys/index.ts'
import { writeResult, writeRows } from '../output.ts'

/** Every process looks at its keys each second. */
const READ_MS = 3000
const MINUTE_MS = 60_000
const MINUTES_MAX = PERMIT_LIFETIME_MS_MAX / MINUTE_MS

/** Commands about the keys of secured mode: they work on a folder, and no system need run. */
export function addKeys(program: Command, contextOf: (command: Command) => Context): void {
  const keys = program
    .command('keys')
    .description('make, list, revoke and rotate the keys of secured mode, and permit new secrets')
  const folder = (): Option => new Option('--folder <folder>', 'where all keys are').default('data/keys')
  keys
    .command('make [client]')
    .description('make what the folder lacks, or the key of one more client')
    .addOption(folder())
    .action((name: string | undefined, flags: { folder: string }, command: Command) => {
      const { output } = contextOf(command)
      if (name === undefined) {
        makeKeys(flags.folder)
        return writeResult(output, `The keys are in ${flags.folder}`, { folder: flags.folder })
      }
      if (!isName(name))
        throw new RecadoError('bad_option', 'A client’s name has 1 to 64 of A-Z a-z 0-9 . _ -')
      const made = makeClient(flags.folder, name)
      writeResult(output, `Give ${made} to the client, and to nobody else`, { client: name, folder: made })
    })
  keys
    .command('list')
    .description('list the keys that are admitted')
    .addOption(folder())
    .action((flags: { folder: string }, command: Command) => {
      writeRows(
        contextOf(command).output,
        ['role', 'name', 'key'],
        listKeys(flags.folder).map((row) => ({ ...row })),
      )
    })
  keys
    .command('revoke <name>')
    .description('admit a key no longer: its connections end within seconds')
    .addOption(new Option('--role <role>', 'whose key').choices(KEY_ROLES).default('client'))
    .addOption(folder())
    .action((name: string, flags: { folder: string; role: KeyRole }, command: Command) => {
      revokeKey(flags.folder, flags.role, name)
      writeResult(contextOf(command).output, `${name} is admitted no longer`, { role: flags.role, name })
    })
  keys
    .command('rotate')
    .description('replace a key while the system runs; old and new are valid meanwhile')
    .addArgument(new Argument('<what>', 'which').choices([...ROTATED]))
    .addOption(folder())
    .action(async (what: Rotated, flags: { folder: string }, command: Command) => {
      await rotateKeys(flags.folder, what, () => delay(READ_MS))
      writeResult(contextOf(command).output, `The ${what} key is replaced`, { rotated: what })
    })
  keys
    .command('permit <user>')
    .description(
      'print what lets a user set a secret once without having one: forgotten, or lost by a restore',
    )
    .option('--minutes <n>', `how long it is good for, at most ${MINUTES_MAX}`, '60')
    .addOption(folder())
    .action((user: string, flags: { folder: string; minutes: string }, command: Command) => {
      const { output, note } = contextOf(command)
      if (!isName(user)) throw new RecadoError('bad_option', 'A user’s name has 1 to 64 of A-Z a-z 0-9 . _ -')
      const minutes = Number(flags.minutes)
      if (!Number.isInteger(minutes) || minutes < 1 || minutes > MINUTES_MAX) {
        throw new RecadoError('bad_option', `--minutes must be a whole number from 1 to ${MINUTES_MAX}`)
      }
      const made = makePermit(flags.folder, user, minutes * MINUTE_MS)
      note(
        `Give it to ${user}, and to nobody else: for ${minutes} minutes whoever has it can be that user, once`,
      )
      writeResult(output, made.permit, { user, ...made })
    })
}
