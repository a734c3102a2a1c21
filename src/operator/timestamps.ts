const DAY_MS = 86_400_000
const FORM = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?Z$/

/** Kubernetes' form of a time, whole seconds: `2026-11-24T11:25:12Z`. */
export function formatTimestamp(ms: number): string {
  const days = Math.floor(ms / DAY_MS)
  const seconds = Math.floor((ms - days * DAY_MS) / 1000)
  const { year, month, day } = civil(days)
  const time = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  return `${pad(year, 4)}-${pad(month)}-${pad(day)}T${time.map((each) => pad(each)).join(':')}Z`
}

/** The same with exactly six digits of a second: the API server refuses Leases and Events whose times have three. */
export function formatMicroTimestamp(ms: number): string {
  const fraction = Math.floor(ms) - Math.floor(ms / 1000) * 1000
  return formatTimestamp(ms).replace('Z', `.${pad(fraction, 3)}000Z`)
}

/** Milliseconds since 1970 of a time in Kubernetes' form; undefined for anything else. */
export function parseTimestamp(text: string | undefined): number | undefined {
  const match = FORM.exec(text ?? '')
  if (match === null) return undefined
  const [year, month, day, hours, minutes, seconds] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const fraction = Number(`0.${match[7] ?? '0'}`)
  return (
    daysOf(year, month, day) * DAY_MS +
    ((hours * 60 + minutes) * 60 + seconds) * 1000 +
    Math.floor(fraction * 1000)
  )
}

/** Days since 1970-01-01 in the Gregorian calendar, counted in years that begin in March. */
function daysOf(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1
  return (
    shifted * 365 +
    Math.floor(shifted / 4) -
    Math.floor(shifted / 100) +
    Math.floor(shifted / 400) +
    dayOfYear -
    719_468
  )
}

function civil(days: number): { year: number; month: number; day: number } {
  let year = 1970 + Math.floor(days / 365.2425)
  while (daysOf(year, 1, 1) > days) year--
  while (daysOf(year + 1, 1, 1) <= days) year++
  let month = 1
  while (month < 12 && daysOf(year, month + 1, 1) <= days) month++
  return { year, month, day: days - daysOf(year, month, 1) + 1 }
}

function pad(value: number, width = 2): string {
  return String(value).padStart(width, '0')
}
