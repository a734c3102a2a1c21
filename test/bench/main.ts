import { cpus } from 'node:os'
import { startSystem } from '../support/system.ts'
import { benchRaw } from './raw.ts'
import { benchDeliver, benchPublish } from './recado.ts'
import { type Row, tableOf } from './table.ts'

/** Measures a real system of three servers, and bare sockets beside it. The argument: seconds for each row. */
const ms = Number(process.argv[2] ?? 3) * 1000
const message = 'x'.repeat(100)
const LOADS = [
  { clients: 1, window: 1 },
  { clients: 1, window: 256 },
  { clients: 2, window: 256 },
  { clients: 4, window: 256 },
]

const rows: Row[] = []
const system = await startSystem({ servers: 3, env: { LOG_LEVEL: 'warn' } })
try {
  await system.ready()
  for (const load of LOADS) rows.push(await benchPublish(system, { ...load, channel: 'bench', ms, message }))
  rows.push(await benchDeliver(system, { channel: 'live', clients: 1, window: 256, ms, message }))
} finally {
  await system.stop()
}
rows.push(...(await benchRaw({ ms, window: 256, message })))
const machine = `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown'}, Node ${process.version}`
process.stdout.write(`${machine}, messages of ${message.length} bytes\n\n${tableOf(rows)}\n`)
