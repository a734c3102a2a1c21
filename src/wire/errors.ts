/**
 * The one catalogue of errors that a user can meet, mirrored in docs/errors.md (a test keeps them equal).
 * `wire` codes travel in error replies; `process` codes end a process or a command with the given exit status.
 */
export const ERRORS = {
  bad_request: {
    where: 'wire',
    retryable: false,
    exit: 1,
    meaning: 'The request is malformed or breaks a limit',
  },
  unknown_service: { where: 'wire', retryable: false, exit: 1, meaning: 'No service has this name' },
  not_logged_in: { where: 'wire', retryable: false, exit: 1, meaning: 'The user has not logged in' },
  unknown_user: { where: 'wire', retryable: false, exit: 1, meaning: 'No user has this name' },
  unknown_channel: { where: 'wire', retryable: false, exit: 1, meaning: 'No channel has this name' },
  name_taken: {
    where: 'wire',
    retryable: false,
    exit: 1,
    meaning: 'Another process, user or channel has this name',
  },
  too_large: { where: 'wire', retryable: false, exit: 1, meaning: 'The message is larger than the limit' },
  denied: { where: 'wire', retryable: false, exit: 1, meaning: 'This party may not do that' },
  overloaded: {
    where: 'wire',
    retryable: true,
    exit: 1,
    meaning: 'A queue is full; send less and try again',
  },
  unavailable: { where: 'wire', retryable: true, exit: 1, meaning: 'It cannot be done now; try again' },
  stale: { where: 'wire', retryable: false, exit: 1, meaning: 'A newer report of the members has been seen' },
  internal: { where: 'wire', retryable: false, exit: 1, meaning: 'A fault in recado; please report it' },
  bad_option: { where: 'process', retryable: false, exit: 2, meaning: 'An option or a setting is wrong' },
  port_in_use: {
    where: 'process',
    retryable: false,
    exit: 2,
    meaning: 'A port is in use by another process',
  },
  folder_not_writable: {
    where: 'process',
    retryable: false,
    exit: 2,
    meaning: 'A data folder cannot be written',
  },
  folder_in_use: {
    where: 'process',
    retryable: false,
    exit: 2,
    meaning: 'Another process uses this data folder',
  },
  network_filesystem: {
    where: 'process',
    retryable: false,
    exit: 2,
    meaning: 'The data folder is on a network file system',
  },
  wrong_owner: {
    where: 'process',
    retryable: false,
    exit: 2,
    meaning: 'The data folder belongs to another server or cluster',
  },
  other_format: {
    where: 'process',
    retryable: false,
    exit: 2,
    meaning: 'The store was written by a version that keeps it otherwise',
  },
  superseded: {
    where: 'process',
    retryable: false,
    exit: 1,
    meaning: 'A newer process of the same name is running',
  },
  disk_failed: {
    where: 'process',
    retryable: true,
    exit: 1,
    meaning: 'The disk failed at a flush or a reading; the process starts again with its disk in doubt',
  },
  store_not_opened: {
    where: 'process',
    retryable: true,
    exit: 1,
    meaning: 'The system lacks what opening the store needs; the store stays as it is',
  },
  not_restorable: {
    where: 'process',
    retryable: false,
    exit: 1,
    meaning: 'The files cannot be made into a store',
  },
  kubernetes_refused: {
    where: 'process',
    retryable: true,
    exit: 1,
    meaning: 'The API server of Kubernetes refused a request or did not answer',
  },
  check_failed: {
    where: 'process',
    retryable: true,
    exit: 1,
    meaning: 'Something that was checked does not work',
  },
  files_differ: {
    where: 'process',
    retryable: false,
    exit: 1,
    meaning: 'The compared data folders hold different files',
  },
} as const satisfies Record<string, CatalogueEntry>

interface CatalogueEntry {
  readonly where: 'wire' | 'process'
  readonly retryable: boolean
  /** The exit status of a command or process that ends with it. */
  readonly exit: 1 | 2
  readonly meaning: string
}

export type ErrorCode = keyof typeof ERRORS

/** An error of the catalogue. `message` says what failed and what to do: sentence case, no final period. */
export class RecadoError extends Error {
  readonly code: ErrorCode
  readonly retryable: boolean

  /** `retryable` only where it is other than usual for the code. */
  constructor(code: ErrorCode, message: string, options?: ErrorOptions & { readonly retryable?: boolean }) {
    super(message, options)
    this.name = 'RecadoError'
    this.code = code
    this.retryable = options?.retryable ?? ERRORS[code].retryable
  }
}

export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(ERRORS, value)
}
