import { type Position, RecadoError } from '../wire/index.ts'
import type { Waiting } from './acknowledgements.ts'
import type { Answer, Call } from './services/index.ts'

/** A call that is answered once its operation is held. */
export class Awaited implements Waiting {
  readonly seq: number
  readonly deadline: number
  readonly #call: Call
  readonly #position: Position
  readonly #answer: Answer

  constructor(call: Call, position: Position, answer: Answer, deadline: number) {
    this.seq = position.seq
    this.deadline = deadline
    this.#call = call
    this.#position = position
    this.#answer = answer
  }

  done(held: boolean): void {
    // More may be known of the operation than its position, and is not for the answer.
    const { clock, origin, incarnation, seq } = this.#position
    const data = held ? this.#answer({ clock, origin, incarnation, seq }) : notConfirmed()
    if (data instanceof RecadoError) this.#call.fail(data)
    else this.#call.ok(data as Record<string, unknown>)
  }
}

function notConfirmed(): RecadoError {
  const what = 'Not enough servers confirmed in time; the same id again tells the outcome'
  return new RecadoError('unavailable', what)
}
