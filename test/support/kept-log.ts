import type { Fields, Log } from '../../src/ports/index.ts'

export interface KeptLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly message: string
  readonly fields: Fields
}

/** A log whose lines a test reads. */
export function keptLog(): Log & { readonly lines: KeptLine[] } {
  const lines: KeptLine[] = []
  const keep = (level: KeptLine['level']) => (fields: Fields, message: string) => {
    lines.push({ level, message, fields })
  }
  const log = {
    lines,
    trace: () => {},
    debug: keep('debug'),
    info: keep('info'),
    warn: keep('warn'),
    error: keep('error'),
    enabled: () => true,
    child: () => log,
  }
  return log
}
