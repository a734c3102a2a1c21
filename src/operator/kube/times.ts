/** Times as Kubernetes writes them. The calendar is a pure function: what time it is comes from the Time port. */

/** RFC 3339 with seconds, as in most fields. */
export function timeOf(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d{3}Z$/, 'Z')
}

/** With exactly six digits: the API server refuses Leases and Events whose times have three. */
export function microTimeOf(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z')
}

/** Milliseconds since 1970; undefined when it is no time. */
export function parseTime(text: string | undefined): number | undefined {
  const ms = Date.parse(text ?? '')
  return Number.isNaN(ms) ? undefined : ms
}
