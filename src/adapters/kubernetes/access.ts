import type { Agent } from 'node:http'

/** Where the API server is, and what lets one in. */
export interface ApiServer {
  /** `https://host:port`, perhaps with a path before the API's own. */
  readonly url: URL
  /** What stands in files now; those change while we run. May throw when they cannot be read. */
  credentials(): Promise<Credentials>
}

export interface Credentials {
  readonly headers: Readonly<Record<string, string>>
  readonly tls: TlsOptions
  /** Given where connections must be made in a certain way: by a proxy. */
  readonly agent?: Agent
}

export interface TlsOptions {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  readonly servername?: string
  readonly rejectUnauthorized?: boolean
}
