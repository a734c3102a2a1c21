import * as zmq from 'zeromq'
import { encodeZ85 } from '../../keys/index.ts'
import type { Guard } from '../../ports/index.ts'

/** Where libzmq asks whom a CURVE socket of this process lets in (ZAP, RFC 27). Without an answer nobody comes in. */
const HANDLER_ADDRESS = 'inproc://zeromq.zap.01'
const VERSION = '1.0'
const KEY_BYTES = 32
const EMPTY = Buffer.alloc(0)

const guards = new Map<string, Guard>()
let handler: Promise<void> | undefined

/** The domain under which this guard is asked from now on; it is asked by the process's one handler. */
export async function register(guard: Guard): Promise<string> {
  let domain = guard.domain
  for (let number = 2; guards.has(domain); number++) domain = `${guard.domain}-${number}`
  guards.set(domain, guard)
  handler ??= open()
  await handler
  return domain
}

export function unregister(domain: string): void {
  guards.delete(domain)
}

async function open(): Promise<void> {
  const socket = new zmq.Router({ linger: 0, sendTimeout: 0 })
  await socket.bind(HANDLER_ADDRESS)
  void answerAll(socket)
}

/** A fault here must end the process, not leave it without anybody who decides: the rejection does. */
async function answerAll(socket: zmq.Router): Promise<void> {
  for await (const frames of socket) {
    const delimiter = frames.findIndex((frame) => frame.byteLength === 0)
    const envelope = frames.slice(0, delimiter + 1)
    const [version = EMPTY, id = EMPTY, ...rest] = frames.slice(delimiter + 1)
    const admitted = version.toString() === VERSION && isAdmitted(rest)
    const status = admitted ? ['200', 'OK'] : ['400', 'This key is not listed']
    await socket.send([...envelope, VERSION, id, ...status, '', EMPTY]).catch(gone)
  }
}

function isAdmitted([domain, address, , mechanism, key]: readonly Buffer[]): boolean {
  const guard = guards.get(domain?.toString() ?? '')
  if (guard === undefined || mechanism?.toString() !== 'CURVE' || key?.byteLength !== KEY_BYTES) return false
  return guard.admits(encodeZ85(key), address?.toString() ?? '')
}

/** The socket that asked is closed already. */
function gone(): void {}
