import { makeKeyPair } from '../../../src/adapters/keys/index.ts'
import { until } from '../../support/load.ts'
import { askOnce } from '../asking.ts'
import { Impostor } from '../impostor.ts'
import { curveOf } from '../spies.ts'
import { knock, type Outcome, type Port, pairOf, passOf, serverKey, strangersTo } from '../strangers.ts'
import { type Part, portOf, type Target } from './target.ts'

const COUNTED_MS = 10_000
/** Which processes have which port, and what it is called in metrics and in the audit's lines. */
const COUNTED: readonly (readonly [Part, string])[] = [
  ['broker', 'clients'],
  ['broker', 'servers'],
  ['proxy', 'clients'],
  ['proxy', 'servers'],
  ['server', 'servers'],
  ['ref', 'ref'],
  ['ref', 'operators'],
]

/** With network policies in place: from outside, right keys open the clients' ports, and nothing answers at any other. */
export async function knockFromOutside(target: Target): Promise<string[]> {
  const outcomes = target.everyPort.map(async (port): Promise<string[]> => {
    const { holder, side, name, address } = port
    const outcome = await knock(port, { pair: pairOf(target, holder), serverKey: serverKey(target, side) })
    const wanted: Outcome = side === 'front' ? 'admitted' : 'no answer'
    return outcome === wanted ? [] : [`${name} at ${address}, from outside: ${outcome}`]
  })
  return (await Promise.all(outcomes)).flat()
}

/** Knocks at every port of every process with what opens it, and with all that must not. */
export async function knockEverywhere(target: Target): Promise<string[]> {
  const broken: string[] = []
  for (const port of target.everyPort) broken.push(...(await knockAt(target, port)))
  return [...broken, ...(await countedAndTold(target))]
}

async function knockAt(target: Target, port: Port): Promise<string[]> {
  const trusted = serverKey(target, port.side)
  const tries: [string, Outcome, Parameters<typeof knock>[1]][] = [
    ['its own keys', 'admitted', { pair: pairOf(target, port.holder), serverKey: trusted }],
    ['no key', 'no proof', undefined],
    ['a password in the clear', 'no proof', { user: 'ana', password: 'secret' }],
    ['an unknown key', 'refused', { pair: makeKeyPair(), serverKey: trusted }],
    ...strangersTo(port).map((holder): [string, Outcome, Parameters<typeof knock>[1]] => {
      return [`the keys of ${holder}`, 'refused', { pair: pairOf(target, holder), serverKey: trusted }]
    }),
  ]
  const outcomes = tries.map(async ([what, wanted, keys]): Promise<string[]> => {
    const outcome = await knock(port, keys)
    return outcome === wanted ? [] : [`${port.name} at ${port.address}, ${what}: ${outcome}, not ${wanted}`]
  })
  return (await Promise.all(outcomes)).flat()
}

/** Waits for it: a process is told of a handshake that failed only after the peer. */
async function countedAndTold(target: Target): Promise<string[]> {
  let missing: string[] = []
  await until(COUNTED_MS, async () => {
    missing = (await Promise.all(COUNTED.map(([part, port]) => untold(target, part, port)))).flat()
    return missing.length === 0 || missing.join('; ')
  }).catch(() => {})
  return missing
}

async function untold(target: Target, part: Part, port: string): Promise<string[]> {
  const log = await target.log(part)
  const lacks = log.includes(`"audit":"refused","port":"${port}"`)
    ? []
    : [`${part} tells no refusal at ${port}`]
  const counted = (result: string): Promise<readonly number[]> =>
    target.countedByEach(part, `recado_handshakes_total{port="${port}",result="${result}"}`)
  if ((await counted('unknown_key')).includes(0)) lacks.push(`a ${part} counts no unknown key at ${port}`)
  // A peer in the clear often goes by itself first, when it sees that more is asked of it.
  const [noProof, brokenOff] = await Promise.all([counted('no_proof'), counted('broken_off')])
  if (noProof.some((count, at) => count + (brokenOff[at] ?? 0) === 0))
    lacks.push(`a ${part} counts nobody in the clear at ${port}`)
  return lacks
}

/** Nobody but the operator, at its own port, says who belongs to the cluster. */
export async function reportAsServer(target: Target): Promise<string[]> {
  const report = { cluster: target.cluster, term: 1_000_000, sequence: 1, wanted: [], pods: [] }
  const { address } = portOf(target, "ref's port")
  const broken: string[] = []
  for (const holder of ['server', 'broker']) {
    const { code } = await askOnce(address, passOf(target, holder, 'back'), 'members', report)
    if (code !== 'denied') broken.push(`members with the keys of ${holder}: ${String(code)}`)
  }
  const told = await target.log('ref')
  return told.includes('"audit":"denied","service":"members"') ? broken : [...broken, 'ref tells no refusal']
}

/** A client that calls itself by a server's name, as its routing id and in what it says, is asked nothing. */
export async function poseAsServer(target: Target): Promise<string[]> {
  const before = await target.counted('broker', 'recado_broker_servers')
  const { address } = portOf(target, "the broker's clients' port")
  const impostor = new Impostor(address, curveOf(target), { name: target.server, cluster: target.cluster })
  try {
    await until(
      10_000,
      () => impostor.answers.length >= 4 || `${impostor.answers.length} answers to an impostor`,
    )
    const after = await target.counted('broker', 'recado_broker_servers')
    const refusals = await target.counted('broker', 'recado_broker_refused_total{code="bad_request"}')
    return [
      ...(impostor.passed ? ['an impostor was taken for a server'] : []),
      ...(before === after ? [] : [`${before} registrations of servers became ${after}`]),
      ...(refusals > 0 ? [] : ['what an impostor said is not counted']),
    ]
  } finally {
    impostor.close()
  }
}
