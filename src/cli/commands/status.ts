import type { Command } from 'commander'
import type { Client } from '../../client/index.ts'
import { isMap } from '../../wire/index.ts'
import { type Context, openClient } from '../context.ts'
import { type Row, writeJson, writeRows } from '../output.ts'

/** Connections opened at once, so that a broker spreads them over the servers, and how often that is done. */
const AT_ONCE = 4
const ROUNDS = 4

/** Shows every server's view of itself, and of those that do not answer what the others know. */
export function addStatus(program: Command, contextOf: (command: Command) => Context): void {
  program
    .command('status')
    .description('show the servers: ranks, coordinator, clocks, heads, lag')
    .action(async (_: unknown, command: Command) => {
      const context = contextOf(command)
      const views = await askEveryServer(context)
      if (context.output.json) {
        for (const view of views.values()) writeJson(context.output, view)
        return
      }
      const rows = rowsOf(views)
      const columns = [
        'rank',
        'name',
        'state',
        'coordinator',
        'epoch',
        'clock',
        'offset',
        'durable',
        'committed',
        'lag',
        'stable',
        'files',
      ]
      writeRows(context.output, columns, rows)
    })
}

async function askEveryServer(context: Context): Promise<ReadonlyMap<string, Row>> {
  const views = new Map<string, Row>()
  for (let round = 0; round < ROUNDS; round++) {
    const clients = await Promise.all(Array.from({ length: AT_ONCE }, () => openClient(context)))
    try {
      const answers = await Promise.all(clients.map((client) => ask(client, context, views.size === 0)))
      for (const view of answers) if (view !== undefined) views.set(text(view['name']), view)
    } finally {
      await Promise.all(clients.map((client) => client.close()))
    }
    const wanted = [...views.values()].flatMap(membersOf).filter((member) => member['state'] !== 'down')
    if (wanted.every((member) => views.has(text(member['name'])))) break
  }
  return new Map([...views].toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

/** One server's view. Once there is one, a connection that fails is only one view less. */
async function ask(client: Client, context: Context, needed: boolean): Promise<Row | undefined> {
  try {
    return await client.status({ signal: context.signal })
  } catch (error) {
    if (needed || context.signal.aborted) throw error
    return undefined
  }
}

function rowsOf(views: ReadonlyMap<string, Row>): readonly Row[] {
  const known = [...views.values()]
  const furthest = Math.max(0, ...known.map((view) => number(view['durable'])))
  const rows = new Map<string, Row>()
  for (const view of known) {
    for (const member of membersOf(view)) {
      const lag = Math.max(0, furthest - number(member['durable']))
      rows.set(text(member['name']), {
        rank: member['rank'],
        name: member['name'],
        state: member['live'] === false ? 'not heard' : member['state'],
        durable: member['durable'],
        lag,
      })
    }
  }
  for (const view of known) {
    const { rank, name, state, coordinator, epoch, clock, durable, committed, stable, reason } = view
    const { synchronisation } = view
    const offset = isMap(synchronisation) ? synchronisation['offsetMs'] : undefined
    rows.set(text(name), {
      rank,
      name,
      state: reason === undefined ? state : `${text(state)} (${text(reason)})`,
      coordinator,
      epoch,
      clock,
      offset: typeof offset === 'number' ? `${offset.toFixed(1)} ms` : undefined,
      durable,
      committed,
      lag: Math.max(0, furthest - number(durable)),
      stable,
      files: view['filesCurrent'] === true ? 'current' : 'behind',
    })
  }
  return [...rows.values()].toSorted((a, b) => number(a['rank']) - number(b['rank']))
}

function membersOf(view: Row): readonly Row[] {
  const { members } = view
  return Array.isArray(members) ? members.filter(isMap) : []
}

function number(value: unknown): number {
  return typeof value === 'number' ? value : 0
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
