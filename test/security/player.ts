import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { commandsIn, GREETING_BYTES, type Recording, type Turn } from './recording.ts'

/** How long an answer that once came is waited for: one who plays a recording goes on without. */
const ANSWER_MS = 1000
/** Longer than a handshake may take. */
const CUT_OFF_MS = 10_000
const POLL_MS = 5

/** Ways to say once more what a client said, by what is done. */
const WAYS: Readonly<Record<string, (recording: Recording) => readonly Turn[]>> = {
  'as it was said': ({ turns }) => turns,
  'all at once': (recording) => [turn('client', recording.saidBy('client'))],
  'what followed the handshake, after the greeting': (recording) => [
    turn('client', recording.saidBy('client').subarray(0, GREETING_BYTES)),
    turn('server', recording.saidBy('server').subarray(0, GREETING_BYTES)),
    turn('client', recording.afterHandshake),
  ],
  'what followed the handshake, by itself': (recording) => [turn('client', recording.afterHandshake)],
}

/** In how many ways a recording is played, each of which a guarded port must count. */
export const WAYS_TO_PLAY = Object.keys(WAYS).length

/**
 * Says on new connections to this address (`tcp://host:port`) what a client once said; where it was answered more than the
 * beginning of a handshake, or let stay.
 */
export async function playAgain(address: string, recording: Recording): Promise<string[]> {
  const broken: string[] = []
  for (const [way, turns] of Object.entries(WAYS)) {
    const { commands, isCutOff } = await play(address, turns(recording))
    const served = commands.filter((command) => command !== 'WELCOME')
    if (served.length > 0) broken.push(`${way}: answered ${served.join(', ')}`)
    if (!isCutOff) broken.push(`${way}: not cut off`)
  }
  return broken
}

async function play(
  address: string,
  turns: readonly Turn[],
): Promise<{ commands: string[]; isCutOff: boolean }> {
  const socket = open(address)
  const chunks: Buffer[] = []
  const heard = (): Buffer => Buffer.concat(chunks)
  socket.on('data', (bytes: Buffer) => chunks.push(bytes))
  // Being cut off is what is looked for.
  socket.on('error', () => {})
  let expected = 0
  for (const { side, bytes } of turns) {
    if (side === 'client') socket.write(bytes)
    else expected += bytes.byteLength
    await within(ANSWER_MS, () => socket.closed || heard().byteLength >= expected)
  }
  const isCutOff = await within(CUT_OFF_MS, () => socket.closed)
  socket.destroy()
  return { commands: commandsIn(heard()), isCutOff }
}

function open(address: string): Socket {
  const { hostname, port } = new URL(address)
  return connect({ host: hostname, port: Number(port) })
}

function turn(side: Turn['side'], bytes: Buffer): Turn {
  return { side, bytes }
}

async function within(ms: number, holds: () => boolean): Promise<boolean> {
  for (const end = performance.now() + ms; performance.now() < end; await delay(POLL_MS)) {
    if (holds()) return true
  }
  return holds()
}
