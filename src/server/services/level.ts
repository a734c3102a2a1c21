import { RecadoError } from '../../wire/index.ts'
import { LEVELS, type Level } from '../acknowledgements.ts'

/** The level that a request asks for in `acks`, or the server's own. */
export function readLevel(data: Readonly<Record<string, unknown>>, byDefault: Level): Level {
  const asked = data['acks']
  if (asked === undefined || asked === null) return byDefault
  const level = LEVELS.find((each) => each === asked)
  if (level === undefined) throw new RecadoError('bad_request', 'Key "acks" must be "one", "quorum" or "all"')
  return level
}
