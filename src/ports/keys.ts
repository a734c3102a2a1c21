/** A CURVE key pair, both halves in Z85: 40 characters. */
export interface KeyPair {
  readonly publicKey: string
  readonly secretKey: string
}

/** Who may hold a key that is admitted: clients, servers, forwarders (brokers and proxies), operators. */
export const KEY_ROLES = ['client', 'server', 'forwarder', 'operator'] as const
export type KeyRole = (typeof KEY_ROLES)[number]

/** What guards a port in secured mode. What it tells is read at each use, for keys change while a process runs. */
export interface Guard {
  /** Names the port to those who decide: each port's peers are judged by its own lists. */
  readonly domain: string
  /** The pair by which the port proves that it is the system's. */
  readonly pair: KeyPair
  /** Whether a peer that has proved that this public key is its own may come in. */
  admits(publicKey: string, address: string): boolean
  /** A peer was turned away before its key was known: it spoke in the clear, or could not prove a key. */
  turnedAway(kind: 'protocol' | 'other'): void
  /** Calls back when all connections must end, those that are still welcome to come back at once. */
  onRenew(callback: () => void): () => void
}

/** What a process shows where it connects in secured mode. */
export interface Pass {
  readonly pair: KeyPair
  /** The public keys of whom it may speak to; several while a key is being replaced. */
  readonly trusted: readonly string[]
  onChange(callback: () => void): () => void
}
