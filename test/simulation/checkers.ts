import { comparePositions, parseLine } from '../../src/wire/index.ts'
import type { SimulatedClient } from './client.ts'
import type { SimulatedServer } from './cluster.ts'

const FILES = ['publications.jsonl', 'messages.jsonl', 'registry.json']

/** Everything that must hold once faults have ended and all is quiet: the faults found, none if all is well. */
export function check(servers: readonly SimulatedServer[], clients: readonly SimulatedClient[]): string[] {
  const [first] = servers
  const faults: string[] = []
  for (const file of FILES) {
    const texts = new Set(servers.map((server) => server.disk.text(file)))
    if (texts.size > 1) faults.push(`${file} differs between servers`)
  }
  const operations = (first?.disk.text('publications.jsonl') ?? '').split('\n').slice(0, -1).map(parseLine)
  operations.forEach((operation, index) => {
    const former = operations[index - 1]
    if (former !== undefined && comparePositions(former, operation) >= 0) {
      faults.push(`line ${index + 1} is not behind the one before it`)
    }
  })
  const ids = operations.map(({ id }) => id)
  if (new Set(ids).size < ids.length) faults.push('an operation stands twice in the file')
  for (const client of clients) faults.push(...checkClient(client, ids))
  return faults
}

function checkClient(client: SimulatedClient, ids: readonly string[]): string[] {
  const faults = client.refused.map((refusal) => `${client.user} was refused: ${refusal}`)
  const places = new Map(ids.map((id, place) => [id, place]))
  let last = -1
  for (const id of client.acknowledged) {
    const place = places.get(id)
    if (place === undefined) faults.push(`${id} was acknowledged and is lost`)
    else if (place < last) faults.push(`${id} stands before an earlier one of the same client`)
    else last = place
  }
  const seqs = new Map<string, number>()
  for (const { id, operation } of client.received) {
    if (!places.has(id)) faults.push(`${id} was delivered and is not in the files`)
    const stream = `${operation.origin}/${operation.incarnation}`
    if (operation.seq <= (seqs.get(stream) ?? 0))
      faults.push(`${id} was delivered out of its incarnation's order`)
    seqs.set(stream, operation.seq)
  }
  return faults
}
