import type { BackendHead } from './backend.ts'
import { encode } from './codec.ts'
import type { Batches, Head } from './peer.ts'
import { writeBackendHead } from './usual/backend.ts'
import { writeBatches } from './usual/batches.ts'
import { writeHead } from './usual/heads.ts'

/** The head frames that are written most often. */
export function encodeHead(head: Head): Uint8Array {
  return writeHead(head) ?? encode(head)
}

export function encodeBatches(head: Batches): Uint8Array {
  return writeBatches(head) ?? encode(head)
}

export function encodeBackendHead(head: BackendHead): Uint8Array {
  return writeBackendHead(head) ?? encode(head)
}
