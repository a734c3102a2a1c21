import { type DestinationStream, type Logger, pino } from 'pino'
import pretty from 'pino-pretty'
import type { Log } from '../ports/index.ts'

export interface LogOptions {
  readonly level: string
  readonly format: 'json' | 'pretty'
  /** In every line. */
  readonly fields: { readonly role: string; readonly name: string }
  /** Where lines go instead of standard output. */
  readonly destination?: DestinationStream
}

/** Logs, one JSON object a line: time, level, role, name, what varies, message. Written before the call returns. */
export function createLog({ level, format, fields, destination }: LogOptions): Log {
  const options = {
    level,
    base: fields,
    messageKey: 'message',
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: pino.stdSerializers.err, error: pino.stdSerializers.err },
  }
  return wrap(pino(options, destination ?? standardOutput(format)))
}

function standardOutput(format: 'json' | 'pretty'): DestinationStream {
  // Synchronous, so that nothing is lost when the process ends; a closed pipe is passed over.
  const output = pino.destination({ fd: 1, sync: true })
  if (format === 'json') return output
  return pretty({
    destination: output,
    sync: true,
    messageKey: 'message',
    ignore: 'role,name',
    messageFormat: '[{name}] {message}',
    translateTime: 'SYS:HH:MM:ss.l',
    singleLine: true,
    colorize: process.stdout.isTTY && !process.env['NO_COLOR'],
  })
}

function wrap(logger: Logger): Log {
  return {
    trace: (fields, message) => logger.trace(fields, message),
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
    enabled: (level) => logger.isLevelEnabled(level),
    child: (fields) => wrap(logger.child({ ...fields })),
  }
}
