import type { KubeError, Log } from '../../ports/index.ts'

/** Says aloud that the API server refuses something, once for each way in which it does: else a lasting one fills the log. */
export class RefusalLog {
  readonly #log: Log
  readonly #message: string
  #last: number | undefined

  constructor(log: Log, message: string) {
    this.#log = log
    this.#message = message
  }

  failed({ status, reason, message }: KubeError): void {
    const level = status === this.#last ? 'debug' : 'warn'
    this.#last = status
    this.#log[level]({ status, reason, error: message }, this.#message)
  }

  /** From now on each refusal is news. */
  succeeded(): void {
    this.#last = undefined
  }
}
