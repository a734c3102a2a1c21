import type { KeyPair } from '../ports/index.ts'
import { isKey } from './key-list.ts'

/** A key pair as ZeroMQ's tools write it (a CURVE certificate in ZPL): pyzmq's `load_certificate` and czmq read it. */
export function renderCertificate(name: string, pair: KeyPair): string {
  return [
    'metadata',
    `    name = "${name}"`,
    'curve',
    `    public-key = "${pair.publicKey}"`,
    `    secret-key = "${pair.secretKey}"`,
    '',
  ].join('\n')
}

/** The pair of a certificate; undefined when the text holds none. */
export function parseCertificate(text: string): KeyPair | undefined {
  const publicKey = valueOf('public-key', text)
  const secretKey = valueOf('secret-key', text)
  return isKey(publicKey) && isKey(secretKey) ? { publicKey, secretKey } : undefined
}

function valueOf(key: string, text: string): string | undefined {
  for (const line of text.split('\n')) {
    const equals = line.indexOf('=')
    if (equals < 0 || line.slice(0, equals).trim() !== key) continue
    return line
      .slice(equals + 1)
      .trim()
      .replace(/^["']|["']$/g, '')
  }
  return undefined
}
