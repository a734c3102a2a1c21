export type Fields = Readonly<Record<string, unknown>>

/** Structured logs: `message` is constant text, what varies is in `fields` (units in the names, never payloads). */
export interface Log {
  trace(fields: Fields, message: string): void
  debug(fields: Fields, message: string): void
  info(fields: Fields, message: string): void
  warn(fields: Fields, message: string): void
  error(fields: Fields, message: string): void
  /** Whether `trace` and `debug` would be written: ask before building costly fields. */
  enabled(level: 'trace' | 'debug'): boolean
  child(fields: Fields): Log
}
