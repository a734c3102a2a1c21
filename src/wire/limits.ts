/** Limits on everything that comes from outside, checked before anything is allocated for it. */
export interface Limits {
  /** Bytes of one frame. */
  readonly frameBytes: number
  /** Levels of nested maps and arrays. */
  readonly depth: number
  /** Maps' keys and values and arrays' elements, over the whole frame. */
  readonly elements: number
}

/** Bytes of one `message`, by default. */
export const MESSAGE_BYTES_MAX = 256 * 1024
/** Members of a private channel: each of them is sent what is said, by itself. */
export const MEMBERS_MAX = 256
export const NAME_LENGTH_MAX = 64
export const ID_BYTES_MAX = 64
/** Requests in one batch of a client. */
export const BATCH_REQUESTS_MAX = 1024
export const HISTORY_LIMIT_MAX = 1000
/** A client's requests beyond its oldest unanswered one. */
export const CLIENT_WINDOW = 2048
/** A user's operations whose ids are known. */
export const ID_WINDOW = 4096

/** For frames from clients: requests, single or in batches. */
export const CLIENT_LIMITS: Limits = { frameBytes: 1024 * 1024, depth: 6, elements: 65_536 }
/** For frames between our own processes. */
export const PEER_LIMITS: Limits = { frameBytes: 16 * 1024 * 1024, depth: 8, elements: 1_048_576 }
